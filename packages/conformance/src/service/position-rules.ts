import { isConversationEvent, type SessionService } from "@sessionfold/core";
import { equal, holds } from "../asserts/asserts.ts";
import { appendAll, asJson, idsIn, idsOf, KEY, logOf } from "../kit/reading.ts";
import { lines, user } from "../kit/said.ts";
import type { ServiceKit } from "../kit/service-kit.ts";
import { type CheckedRule, rulesOf } from "../rule.ts";

const EVENTS = 60;

/** What a read behind a position tells. A service that ignores positions holds all of it. */
export const POSITION_RULES: readonly CheckedRule<ServiceKit>[] = rulesOf("positions", {
  "position-edges": {
    title: "a read from before the first position tells all, one from behind the last a session without news",
    why: "A session without news is still there; taken for deleted, all that is known of it is forgotten.",
    async check(kit) {
      const service = await kit.service();
      await service.createSession(KEY);
      for (const afterSeq of [-1, 0, 1000])
        equal(
          (await behind(service, afterSeq))?.events,
          [],
          `The news of an empty session behind ${afterSeq}`,
        );
      await appendAll(service, lines(4));
      const log = await logOf(service);
      const [first = 0, last = 0] = [log.at(0)?.seq, log.at(-1)?.seq];
      for (const afterSeq of [-1, first - 1, first - 0.5, Number.MIN_SAFE_INTEGER])
        equal(await newsOf(service, afterSeq), idsIn(lines(4)), `The news behind ${afterSeq}`);
      for (const afterSeq of [last, last + 0.5, last + 1, 1e9, Number.MAX_SAFE_INTEGER]) {
        const session = await behind(service, afterSeq);
        holds(session !== null, "Expected a session without news to be there");
        const news = await newsOf(service, afterSeq);
        // All of it, where positions are ignored.
        if (news.length > 0) equal(news, idsIn(lines(4)), `The news behind ${afterSeq}`);
      }
      equal(await service.getSession({ ...KEY, sessionId: "missing", afterSeq: -1 }), null, "No session");
    },
  },
  "position-state": {
    title:
      "a read behind a position tells key, state, time and incarnation of the session as a whole read does",
    why: "What is read for the news is shown to the agent; state of the news alone is state that is lost.",
    async check(kit) {
      const service = await kit.service();
      await service.createSession({ ...KEY, state: { first: 0 } });
      const deltas = [{ a: 1, "app:a": 1 }, { b: 2, "user:b": 2 }, { a: 3 }, undefined];
      for (const [at, stateDelta] of deltas.entries()) {
        const event = user(`line ${at}`, { id: `e${at}`, actions: stateDelta ? { stateDelta } : {} });
        const { seq } = await service.appendEvent({ session: { ...KEY }, event });
        const { events: _, ...whole } = (await service.getSession({ ...KEY, view: "full" })) ?? {
          events: [],
        };
        for (const afterSeq of [-1, 0, seq - 1, seq, seq + 100]) {
          const { events: __, ...read } = (await behind(service, afterSeq)) ?? { events: [] };
          equal(read, whole, `The session, read behind ${afterSeq} of ${seq}`);
        }
      }
    },
  },
  "position-followed": {
    title: "who reads on from the last position, while others append, is told every event once",
    why: "Numbers that are given before their events are written are passed by a reader, and never seen again.",
    async check(kit) {
      const one = await kit.service();
      await one.createSession(KEY);
      const two = await kit.another(one);
      const reader = await kit.another(one);
      const told: string[] = [];
      let last: number | undefined;
      const readOn = async (): Promise<void> => {
        const session = await reader.getSession({
          ...KEY,
          view: "full",
          ...(last !== undefined && { afterSeq: last }),
        });
        for (const event of session?.events ?? []) {
          if (last !== undefined && event.seq <= last) continue;
          told.push(event.id);
          last = event.seq;
        }
      };
      let open = true;
      const follow = async (): Promise<void> => {
        while (open) await readOn();
      };
      const write = async (service: SessionService, part: number): Promise<void> => {
        for (const event of lines(EVENTS).filter((_, at) => at % 4 === part))
          await appendAll(service, [event]);
      };
      const writers = Promise.all([one, two, one, two].map(write)).finally(() => {
        open = false;
      });
      await Promise.all([writers, follow()]);
      await readOn();
      const ids = new Set(idsIn(lines(EVENTS)));
      equal(
        told.filter((id) => ids.has(id)),
        await idsOf(one),
        "What the reader was told, beside the log",
      );
      equal((await logOf(reader)).map(asJson), (await logOf(one)).map(asJson), "The log of another service");
    },
  },
});

function behind(service: SessionService, afterSeq: number): ReturnType<SessionService["getSession"]> {
  return service.getSession({ ...KEY, view: "full", afterSeq });
}

/** Ids of the news, summaries and marks aside: a folding service may have written some. */
async function newsOf(service: SessionService, afterSeq: number): Promise<readonly string[]> {
  return idsIn(((await behind(service, afterSeq))?.events ?? []).filter(isConversationEvent));
}
