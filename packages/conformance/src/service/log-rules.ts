import { equal, holds } from "../asserts/asserts.ts";
import { appendAll, asJson, fullOf, idsIn, idsOf, KEY, logOf } from "../kit/reading.ts";
import { agent, lines, START, turns, user } from "../kit/said.ts";
import type { ServiceKit } from "../kit/service-kit.ts";
import { type CheckedRule, rulesOf } from "../rule.ts";

/** More than the pages of any client library that reads by the hundred. */
const MANY = 250;

/** What the log of a session is. */
export const LOG_RULES: readonly CheckedRule<ServiceKit>[] = rulesOf("log", {
  "log-once": {
    title: "every appended event is in the log once, in the order of the appends",
    why: "The log is all that is ever known of a session; what it lacks is lost to summaries, search and undo.",
    async check(kit) {
      const service = await kit.service();
      await service.createSession(KEY);
      for (const [at, event] of turns(10).entries()) {
        await appendAll(service, [event]);
        equal(await idsOf(service), idsIn(turns(10)).slice(0, at + 1), `The log after append ${at}`);
      }
    },
  },
  "log-long": {
    title: `a log of ${MANY} events is read whole`,
    why: "A read that stops at a page's end forgets the latest events, or the first ones.",
    async check(kit) {
      const service = await kit.service();
      await service.createSession(KEY);
      await appendAll(service, lines(MANY));
      equal(await idsOf(service), idsIn(lines(MANY)), "The long log");
    },
  },
  "log-order": {
    title: "events of equal, earlier and much later timestamps stay in the order of their appends",
    why: "Clocks jump and differ between machines; sorted by time, a tool result may come before its call.",
    async check(kit) {
      const service = await kit.service();
      await service.createSession(KEY);
      const times = [5, 5, 5, 4, 9_000_000, 3, 0, -1, 4, 1];
      const events = times.map((time, at) =>
        user(`line ${at}`, { id: `e${times.length - at}`, timestamp: START + time }),
      );
      await appendAll(service, events);
      equal(await idsOf(service), idsIn(events), "The log of events with jumping times");
      equal(
        (await logOf(service)).map(({ timestamp }) => timestamp - START),
        times,
        "Their times",
      );
    },
  },
  "log-positions": {
    title: "positions grow along the log, and an append returns the event as it is read later",
    why: "Coverage, news since a position and the fold itself go by positions.",
    async check(kit) {
      const service = await kit.service();
      await service.createSession(KEY);
      const stored = [];
      for (const event of turns(5)) stored.push(await service.appendEvent({ session: KEY, event }));
      const { events } = await fullOf(service);
      for (const [at, event] of events.entries()) {
        holds(Number.isFinite(event.seq), `Expected a number as \`seq\` of event ${at}`);
        const before = events[at - 1]?.seq ?? Number.NEGATIVE_INFINITY;
        holds(event.seq > before, `Expected \`seq\` of event ${at} to be above that of the event before it`);
      }
      const log = await logOf(service);
      equal(
        stored.map((event) => [event.seq, asJson(event)]),
        log.map((event) => [event.seq, asJson(event)]),
        "What the appends returned, beside the log",
      );
    },
  },
  "log-fills-in": {
    title: "an event without id, author and time gets them, and each its own id",
    why: "Callers append bare messages; an event without identity would be new at every read.",
    async check(kit) {
      const service = await kit.service();
      await service.createSession(KEY);
      const { message } = agent("hello");
      for (const author of ["user", undefined, undefined])
        await service.appendEvent({ session: KEY, event: { message: author ? "hi" : message, author } });
      const log = await logOf(service);
      equal(
        log.map(({ author }) => author),
        ["user", "agent", "agent"],
        "The authors",
      );
      for (const { id, timestamp } of log) {
        holds(typeof id === "string" && id !== "", "Expected a made id to be a string with text in it");
        holds(Number.isFinite(timestamp), "Expected a made timestamp to be a number");
      }
      equal(new Set(log.map(({ id }) => id)).size, 3, "The number of different ids");
      equal(await idsOf(service), idsIn(log), "The ids at a second read");
    },
  },
  "log-after-seq": {
    title: "a read behind a position tells all that is behind it: exactly that, or the whole log",
    why: "A decorator reads only the news; an event that is left out at the border is never seen again.",
    async check(kit) {
      const service = await kit.service();
      await service.createSession(KEY);
      await appendAll(service, turns(4));
      const log = await logOf(service);
      const ids = idsIn(log);
      for (const [at, { seq }] of log.entries()) {
        const read = await service.getSession({ ...KEY, view: "full", afterSeq: seq });
        const got = (read?.events ?? []).map(({ id }) => id).filter((id) => ids.includes(id));
        if (got.length === ids.length) equal(got, ids, "The whole log, read behind a position");
        else equal(got, ids.slice(at + 1), `The news behind event ${at}`);
        holds(
          got.length === ids.length || typeof read?.incarnation === "string",
          "Expected a service that reads by position to tell an `incarnation`",
        );
      }
    },
  },
});
