import { equal, holds } from "../asserts/asserts.ts";
import { appendAll, asJson, fullOf, idsIn, idsOf, KEY, logOf, textOf } from "../kit/reading.ts";
import { agent, lines, turns, user } from "../kit/said.ts";
import type { ServiceKit } from "../kit/service-kit.ts";
import { type CheckedRule, rulesOf } from "../rule.ts";

const AT_ONCE = 40;

/** What an append does when it is repeated, partial, or one of many. */
export const APPEND_RULES: readonly CheckedRule<ServiceKit>[] = rulesOf("append", {
  "append-idempotent": {
    title: "an id that is stored already changes nothing, and the stored event is returned",
    why: "A client that lost the acknowledgement appends again; a doubled or changed event would be the price.",
    async check(kit) {
      const service = await kit.service();
      await service.createSession(KEY);
      await appendAll(service, turns(2));
      const before = (await logOf(service)).map(asJson);
      const event = user("another text", { id: "a0", actions: { stateDelta: { doubled: true } } });
      const answer = await service.appendEvent({ session: KEY, event });
      equal(answer?.id, "a0", "The id of the answer");
      equal(textOf(answer), "answer number 0", "The text of the answer");
      equal((await logOf(service)).map(asJson), before, "The log after a repeated append");
      equal((await fullOf(service)).state, {}, "The state after a repeated append");
    },
  },
  "append-idempotent-at-once": {
    title: "one id appended many times at once is stored once",
    why: "Retries overlap with what they retry; a check before the write lets both through.",
    async check(kit) {
      const service = await kit.service();
      await service.createSession(KEY);
      await Promise.all(
        Array.from({ length: AT_ONCE }, (_, at) =>
          service.appendEvent({ session: { ...KEY }, event: user(`try ${at}`, { id: "once" }) }),
        ),
      );
      equal(await idsOf(service), ["once"], "The log after the same append, many times at once");
    },
  },
  "append-partial": {
    title: "a partial event is returned and leaves nothing behind, neither in the log nor in the state",
    why: "Pieces of a stream come by the hundred; stored, each of them would be shown and counted again.",
    async check(kit) {
      const service = await kit.service();
      await service.createSession(KEY);
      await appendAll(service, turns(1));
      const piece = agent("a pie", { id: "p1", partial: true, actions: { stateDelta: { piece: 1 } } });
      const answer = await service.appendEvent({ session: KEY, event: piece });
      equal([answer?.id, answer?.partial, textOf(answer)], ["p1", true, "a pie"], "What was returned");
      equal(await idsOf(service), idsIn(turns(1)), "The log after a partial event");
      equal((await fullOf(service)).state, {}, "The state after a partial event");
      await appendAll(service, [agent("a piece", { id: "p1" })]);
      equal(textOf((await logOf(service)).at(-1)), "a piece", "The whole event by the id of its pieces");
    },
  },
  "append-at-once": {
    title: "of many appends at once each is stored once, and all readers see one order",
    why: "Tools answer in parallel; a service that reads, adds and writes back loses all answers but one.",
    async check(kit) {
      const service = await kit.service();
      await service.createSession(KEY);
      const events = lines(AT_ONCE);
      await Promise.all(events.map((event) => service.appendEvent({ session: { ...KEY }, event })));
      const ids = await idsOf(service);
      equal([...ids].sort(), idsIn(events).toSorted(), "The events that are stored");
      const reads = await Promise.all([1, 2, 3].map(() => idsOf(service)));
      for (const read of reads) equal(read, ids, "The order at another read");
    },
  },
  "append-stale": {
    title: "an append with an old copy of the session takes nothing back",
    why: "A request holds the session that it has read; what others stored meanwhile must survive it.",
    async check(kit) {
      const service = await kit.service();
      const first = await service.createSession(KEY);
      await appendAll(service, lines(2));
      const second = await fullOf(service);
      await appendAll(service, lines(2, 2));
      await service.appendEvent({ session: first, event: user("five", { id: "e4" }) });
      await service.appendEvent({ session: second, event: user("six", { id: "e5" }) });
      equal(await idsOf(service), idsIn(lines(6)), "The log after appends with old copies");
    },
  },
  "append-two-services": {
    title: "two services over one storage that append at once store every event once, in one order",
    why: "A deployment has more than one process, and each of them holds the same sessions.",
    needs: ["reopen"],
    async check(kit) {
      const one = await kit.service();
      await one.createSession(KEY);
      const two = await kit.reopen(one);
      const events = lines(AT_ONCE);
      await Promise.all(
        events.flatMap((event, at) => {
          const both = at % 4 === 0 ? [one, two] : [at % 2 === 0 ? one : two];
          return both.map((service) => service.appendEvent({ session: { ...KEY }, event }));
        }),
      );
      const ids = await idsOf(one);
      equal([...ids].sort(), idsIn(events).toSorted(), "The events that are stored");
      equal(await idsOf(two), ids, "The order that the other service tells");
    },
  },
  "append-reopened": {
    title: "whatever was acknowledged is there for a service that opens the storage anew",
    why: "Durable means durable when the append returns, not when somebody closes the service.",
    needs: ["reopen"],
    async check(kit) {
      const one = await kit.service();
      await one.createSession({ ...KEY, state: { "app:a": 1, "user:u": 2, s: 3 } });
      await appendAll(one, turns(3));
      const before = (await logOf(one)).map(asJson);
      const { state } = await fullOf(one);
      const two = await kit.reopen(one);
      equal((await logOf(two)).map(asJson), before, "The log of the reopened service");
      equal((await fullOf(two)).state, state, "Its state");
      await appendAll(two, turns(1));
      equal((await logOf(two)).map(asJson), before, "The log after an append was repeated there");
      holds(
        (await two.listSessions({ appName: KEY.appName })).sessions.length === 1,
        "Expected it to be listed",
      );
    },
  },
});
