import type { SessionEvent, SessionService } from "@sessionfold/core";
import { equal, holds } from "../asserts/asserts.ts";
import { asJson, fullOf, idsIn, idsOf, KEY, logOf, textOf } from "../kit/reading.ts";
import { lines, user } from "../kit/said.ts";
import type { ServiceKit } from "../kit/service-kit.ts";
import { type CheckedRule, rulesOf } from "../rule.ts";

/** Appends that are under way at once, so that a store which writes in groups need not take long. */
const AT_ONCE = 50;

/** What a long log is. One rule for all of it: making one takes a durable store seconds. */
export const LONG_RULES: readonly CheckedRule<ServiceKit>[] = rulesOf("log", {
  "log-very-long": {
    title: "a log of more than a thousand events is read whole, behind any position, and knows all its ids",
    why: "Pages, caches and lists of known ids end at round numbers; sessions do not.",
    async check(kit) {
      const service = await kit.service();
      await service.createSession(KEY);
      const stored = await appendLong(service, kit.longLog);
      const reader = await kit.another(service);
      for (const each of [service, reader])
        equal(await idsOf(each), idsIn(stored), "The very long log, by the positions that appends told");
      const { length } = stored;
      const ids = new Set(idsIn(stored));
      // Behind the first, so that the news are a page that is too long as well.
      for (const at of [0, 1, length >> 1, length - 2].filter((place) => place >= 0)) {
        const afterSeq = stored[at]?.seq;
        const session = await reader.getSession({ ...KEY, view: "full", afterSeq });
        const news = idsIn(session?.events ?? []).filter((id) => ids.has(id));
        if (news.length < length)
          equal(news, idsIn(stored).slice(at + 1), `The news behind event ${at} of ${length}`);
      }
      const repeated = ["e0", "e1", `e${length >> 1}`, `e${length - 1}`];
      for (const id of repeated) await repeat([service, reader], id, stored);
      const log = await logOf(service);
      equal(idsIn(log), idsIn(stored), "The log after ids of all ages were appended again");
      const known = (each: SessionEvent): boolean => repeated.includes(each.id);
      equal(log.filter(known).map(asJson), stored.filter(known).map(asJson), "The events of these ids");
      equal((await fullOf(service)).state, {}, "The state after it");
    },
  },
});

/** So many events, each returned as it was stored, in the order of their positions. */
async function appendLong(service: SessionService, count: number): Promise<readonly SessionEvent[]> {
  const stored: SessionEvent[] = [];
  for (let from = 0; from < count; from += AT_ONCE) {
    const events = lines(Math.min(AT_ONCE, count - from), from);
    const page = await Promise.all(
      events.map((event) => service.appendEvent({ session: { ...KEY }, event })),
    );
    stored.push(...page.toSorted((a, b) => a.seq - b.seq));
  }
  return stored;
}

/** Appends another event of that id to each service, and expects the first one as the answer. */
async function repeat(
  services: readonly SessionService[],
  id: string,
  stored: readonly SessionEvent[],
): Promise<void> {
  const event = user("another text", { id, actions: { stateDelta: { doubled: true } } });
  const known = stored.find((each) => each.id === id);
  holds(known !== undefined, `Expected the append of "${id}" to return it`);
  for (const service of services) {
    const answer = await service.appendEvent({ session: { ...KEY }, event });
    equal([answer.id, textOf(answer)], [id, textOf(known)], "The answer to an append of a stored id");
  }
}
