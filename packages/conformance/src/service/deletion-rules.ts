import type { EventDeletingService, SessionService } from "@sessionfold/core";
import { equal, holds, rejects } from "../asserts/asserts.ts";
import { ConformanceFailure } from "../conformance-failure.ts";
import { appendAll, asJson, fullOf, idsIn, idsOf, KEY, logOf } from "../kit/reading.ts";
import { lines, user } from "../kit/said.ts";
import type { ServiceKit } from "../kit/service-kit.ts";
import { type CheckedRule, rulesOf } from "../rule.ts";
import { ALIKE, HOSTILE_NAMES } from "./hostile-names.ts";

/** Events of which more than any page are deleted at once. */
const GONE = 240;

/** Ids that name no event: more than an engine takes as values of one statement (32,766 or 65,535). */
const NAMED = 70_000;

/** What `prune` needs of a service. One that cannot delete single events exempts itself from the group. */
export const DELETION_RULES: readonly CheckedRule<ServiceKit>[] = rulesOf("deletion", {
  "delete-events": {
    title:
      "deletes exactly the events of these ids in this session, tells how many, keeps all others as they are",
    why: "Prune deletes what a summary covers; one event more is a loss that nothing brings back.",
    needs: ["deleteEvents"],
    async check(kit) {
      const service = deleting(await kit.service());
      const other = { ...KEY, sessionId: "other" };
      for (const key of [KEY, other]) {
        await service.createSession(key);
        await appendAll(service, lines(6), key);
      }
      await appendAll(service, [user("state", { id: "e6", actions: { stateDelta: { kept: 1 } } })]);
      const before = await logOf(service);
      const eventIds = ["e1", "e3", "e6", "unknown", "e3"];
      equal(await service.deleteEvents({ ...KEY, eventIds }), 3, "The number of deleted events");
      const kept = before.filter(({ id }) => !eventIds.includes(id));
      equal(
        (await logOf(service)).map((event) => [event.seq, asJson(event)]),
        kept.map((event) => [event.seq, asJson(event)]),
        "The log afterwards",
      );
      equal(await idsOf(service, other), idsIn(lines(6)), "The log of another session");
      equal((await fullOf(service)).state, { kept: 1 }, "The state, which is not undone");
      equal(await service.deleteEvents({ ...KEY, eventIds }), 0, "The number at a second time");
    },
  },
  "delete-events-many": {
    title: "deletes as many events as it is asked to, by as many ids as it is given",
    why: "Pruning a long session names thousands; engines take so many values in a statement and no more.",
    needs: ["deleteEvents"],
    async check(kit) {
      const service = deleting(await kit.service());
      await service.createSession(KEY);
      await Promise.all(lines(GONE).map((event) => service.appendEvent({ session: { ...KEY }, event })));
      await appendAll(service, lines(3, GONE));
      const others = Array.from({ length: NAMED }, (_, at) => `other ${at}`);
      const ids = idsIn(lines(GONE));
      const eventIds = [...ids.slice(0, GONE / 2), ...others, ...ids.slice(GONE / 2)];
      const deleted = await service.deleteEvents({ ...KEY, eventIds }).catch((cause: unknown) => {
        throw new ConformanceFailure(`Expected ${eventIds.length} ids to be taken at once`, { cause });
      });
      equal(deleted, GONE, "The number of deleted events");
      equal(await idsOf(service), idsIn(lines(3, GONE)), "The log afterwards");
      equal(await service.deleteEvents({ ...KEY, eventIds: [] }), 0, "The number for no ids");
    },
  },
  "delete-events-exact": {
    title: "deletes the event of exactly that id, whatever the id looks like or means elsewhere",
    why: "An id that is read as a pattern, or without case, takes other events with it.",
    needs: ["deleteEvents"],
    async check(kit) {
      const service = deleting(await kit.service());
      await service.createSession(KEY);
      const names = [...new Set([...HOSTILE_NAMES, ...ALIKE])];
      await appendAll(
        service,
        names.map((id) => user("said", { id })),
      );
      const halves = [0, 1].map((half) => names.filter((_, at) => at % 2 === half));
      const left = new Set(names);
      for (const id of halves.flat()) {
        equal(await service.deleteEvents({ ...KEY, eventIds: [id] }), 1, "The number of deleted events");
        left.delete(id);
        equal(await idsOf(service), [...left], "The log afterwards");
      }
    },
  },
  "delete-events-reopened": {
    title:
      "what was deleted stays deleted for a service that opens the storage anew, and so do its positions",
    why: "A count that starts at the last event that is left gives a position twice after a restart.",
    needs: ["deleteEvents", "reopen"],
    async check(kit) {
      const service = deleting(await kit.service());
      await service.createSession(KEY);
      await appendAll(service, lines(4));
      const last = (await logOf(service)).at(-1)?.seq ?? 0;
      await service.deleteEvents({ ...KEY, eventIds: idsIn(lines(3, 1)) });
      const two = await kit.reopen(service);
      equal(await idsOf(two), ["e0"], "The log of the reopened service");
      const stored = await two.appendEvent({ session: { ...KEY }, event: user("next", { id: "next" }) });
      holds(stored.seq > last, "Expected the position of a new event to be above those of deleted ones");
      equal(await idsOf(service), ["e0", "next"], "The log of the first service");
    },
  },
  "delete-events-positions": {
    title: "a position of a deleted event is never given again",
    why: "Whoever reads behind a position would take the next event for one that was read.",
    needs: ["deleteEvents"],
    async check(kit) {
      const service = deleting(await kit.service());
      await service.createSession(KEY);
      await appendAll(service, lines(4));
      const last = (await logOf(service)).at(-1)?.seq ?? 0;
      await service.deleteEvents({ ...KEY, eventIds: ["e2", "e3"] });
      const stored = await service.appendEvent({ session: KEY, event: user("next", { id: "next" }) });
      holds(stored.seq > last, "Expected the position of a new event to be above those of deleted ones");
      const news = await service.getSession({ ...KEY, view: "full", afterSeq: last });
      holds(
        news?.events.some(({ id }) => id === "next") === true,
        "Expected a read behind a deleted event to tell what followed",
      );
    },
  },
  "delete-events-missing": {
    title: "deleting events of a session that is not there is refused",
    why: "A count of 0 would say that they were gone already.",
    needs: ["deleteEvents"],
    async check(kit) {
      const service = deleting(await kit.service());
      await rejects("session-not-found", "Deleting events without a session", () =>
        service.deleteEvents({ ...KEY, eventIds: ["e1"] }),
      );
    },
  },
});

function deleting(service: SessionService): EventDeletingService {
  const able = service as Partial<EventDeletingService> & SessionService;
  holds(typeof able.deleteEvents === "function", "Expected the service to have `deleteEvents`");
  return able as EventDeletingService;
}
