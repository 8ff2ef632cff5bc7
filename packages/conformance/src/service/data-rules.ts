import { AIMessage, HumanMessage, ToolMessage } from "@langchain/core/messages";
import { equal, holds } from "../asserts/asserts.ts";
import { fullOf, KEY, logOf } from "../kit/reading.ts";
import { hold, roundTrip } from "../kit/round-trip.ts";
import { agent, START, turns, user } from "../kit/said.ts";
import type { ServiceKit } from "../kit/service-kit.ts";
import { type CheckedRule, rulesOf } from "../rule.ts";
import { BLOCK_MESSAGES, NUMBERS, TIMES } from "./block-samples.ts";
import { MESSAGES, TEXTS } from "./message-samples.ts";

/** Deeper than what engines read by a stack of a thousand levels. */
const DEPTH = 1500;

/** What comes back of the data that events carry. */
export const DATA_RULES: readonly CheckedRule<ServiceKit>[] = rulesOf("data", {
  "data-blocks": {
    title: "lists of content blocks come back block by block, in messages of every kind",
    why: "A block that is flattened or dropped is an image, a call or a signature that the provider asks for.",
    async check(kit) {
      const events = Object.entries(BLOCK_MESSAGES).map(([id, make]) => ({ id, message: make() }));
      const service = await kit.service();
      await roundTrip(service, events);
      for (const { id, message } of await logOf(service))
        equal(message?.content, BLOCK_MESSAGES[id]?.().content, `The content of ${id}`);
    },
  },
  "data-numbers": {
    title: "numbers come back as they were, however large, small or exact, wherever they stand",
    why: "An amount that is rounded is another amount; JSON has doubles, and so has every caller.",
    async check(kit) {
      const service = await kit.service();
      const numbers = Object.fromEntries(NUMBERS.map((number, at) => [`n${at}`, number]));
      await roundTrip(service, [
        agent("of state", {
          id: "state",
          actions: { stateDelta: { ...numbers, list: NUMBERS, "user:n": NUMBERS } },
        }),
        {
          id: "call",
          message: new AIMessage({
            content: "",
            tool_calls: [{ id: "c", name: "t", args: { numbers, NUMBERS } }],
          }),
        },
        {
          id: "result",
          message: new ToolMessage({
            content: "x",
            tool_call_id: "c",
            artifact: { numbers, list: [NUMBERS] },
          }),
        },
        { id: "told", message: new AIMessage({ content: "x", response_metadata: { numbers } }) },
      ]);
      equal(
        (await fullOf(service)).state,
        { ...numbers, list: NUMBERS, "user:n": NUMBERS },
        "The state of numbers",
      );
    },
  },
  "data-times": {
    title: "times come back to the fraction of a millisecond, from whatever century",
    why: "Time thresholds subtract them, and a decorator takes an event of another time for another event.",
    async check(kit) {
      const service = await kit.service();
      await roundTrip(
        service,
        TIMES.map((timestamp, at) => user(`at ${timestamp}`, { id: `e${at}`, timestamp })),
      );
      equal(
        (await logOf(service)).map(({ timestamp }) => timestamp),
        TIMES,
        "The times of the log",
      );
    },
  },
  "data-deep": {
    title: `arguments, results and state nested ${DEPTH} levels deep come back whole`,
    why: "A model can nest its arguments as deep as it likes; the append that fails is the user's turn.",
    async check(kit) {
      const deep = (): Record<string, unknown> => {
        let value: Record<string, unknown> = { bottom: true };
        for (let level = 0; level < DEPTH / 2; level++) value = { down: [value] };
        return value;
      };
      const service = await kit.service();
      await service.createSession(KEY);
      const message = new AIMessage({ content: "", tool_calls: [{ id: "c", name: "t", args: deep() }] });
      const artifact = deep();
      for (const event of [
        { id: "call", message },
        { id: "result", message: new ToolMessage({ content: "x", tool_call_id: "c", artifact }) },
        agent("state", { id: "state", actions: { stateDelta: { deep: deep() } } }),
      ])
        await service.appendEvent({ session: { ...KEY }, event });
      const session = await fullOf(service);
      const found = new Map(session.events.map((event) => [event.id, event]));
      const call = found.get("call")?.message as AIMessage | undefined;
      const result = found.get("result")?.message as ToolMessage | undefined;
      for (const [what, value] of Object.entries({
        arguments: call?.tool_calls?.[0]?.args,
        artifact: result?.artifact as unknown,
        state: session.state.deep,
      }))
        equal(depthOf(value), depthOf(deep()), `The depth of the ${what}`);
    },
  },
  "data-order": {
    title: "fields stay in the order they were given in, in arguments, results, metadata and state",
    why: "What is sent in another order is another prompt to every cache, and to every digest of it.",
    async check(kit) {
      const service = await kit.service();
      await service.createSession(KEY);
      const fields = (): Record<string, unknown> => ({
        zz: 1,
        b: { y: 1, aaa: [{ q: 1, c: 2 }], x: 2 },
        a: 3,
        "": 4,
      });
      const stateDelta = { fields: fields() };
      for (const event of [
        {
          id: "call",
          message: new AIMessage({ content: "", tool_calls: [{ id: "c", name: "t", args: fields() }] }),
        },
        { id: "result", message: new ToolMessage({ content: "x", tool_call_id: "c", artifact: fields() }) },
        { id: "told", message: new HumanMessage({ content: "x", additional_kwargs: fields() }) },
        agent("state", { id: "state", actions: { stateDelta } }),
      ])
        await service.appendEvent({ session: { ...KEY }, event });
      const { state, events } = await fullOf(service);
      const found = new Map(events.map((event) => [event.id, event]));
      const told: Readonly<Record<string, unknown>> = {
        arguments: (found.get("call")?.message as AIMessage | undefined)?.tool_calls?.[0]?.args,
        artifact: (found.get("result")?.message as ToolMessage | undefined)?.artifact as unknown,
        metadata: found.get("told")?.message?.additional_kwargs,
        change: found.get("state")?.actions.stateDelta?.fields,
        state: state.fields,
      };
      for (const [what, value] of Object.entries(told))
        equal(JSON.stringify(value), JSON.stringify(fields()), `The fields of the ${what}, as JSON`);
    },
  },
  "data-notes": {
    title: "records of summaries and marks keep every field and target, also those that nobody knows yet",
    why: "A later version writes more into a record; a store that lists its fields loses the difference.",
    async check(kit) {
      const hostile = JSON.parse('{"__proto__":{"x":1},"constructor":1,"":[],"toString":null}') as object;
      const targets = [...TEXTS, ...turns(20).map(({ id }) => id ?? "")];
      await roundTrip(await kit.service(), [
        ...turns(1),
        {
          id: "s1",
          author: "system",
          message: "S1",
          actions: {
            summary: {
              id: "s1",
              version: 99,
              coverage: {
                direct: targets,
                replaces: [],
                omitted: [],
                runs: [[0, 9]],
                later: { deep: [hostile] },
              },
              metadata: hostile,
              text: TEXTS.join("\n"),
              tokens: NUMBERS,
              "a later field": [null, { of: "a later version" }],
            },
          },
        },
        {
          id: "m1",
          author: "system",
          actions: {
            marks: [
              { kind: "pin", targets },
              { kind: "skip", targets: [] },
            ],
          },
        },
        agent("said and marked", {
          id: "m2",
          actions: { marks: [{ kind: "unhide", targets: ["s1"] }], pinned: true },
        }),
      ]);
    },
  },
  "data-reopened": {
    title:
      "a service that opens the storage anew tells everything as the first one did, and goes on from there",
    why: "What comes from a cache at first comes from the disk after a restart.",
    needs: ["reopen"],
    async check(kit) {
      const one = await kit.service();
      const { incarnation } = await one.createSession({
        ...KEY,
        state: { s: null, "app:a": [1], "user:u": { v: 0.1 } },
      });
      const samples = { ...MESSAGES, ...BLOCK_MESSAGES };
      const given = [
        ...Object.entries(samples).map(([id, make]) => ({ id, message: make(), timestamp: START + 0.5 })),
        ...TEXTS.map((text, at) =>
          user(text, { id: `t${at}`, timestamp: START, actions: { stateDelta: { text } } }),
        ),
      ];
      for (const event of given) await one.appendEvent({ session: { ...KEY }, event });
      const two = await kit.reopen(one);
      await hold(two, given);
      const [before, after] = [await fullOf(one), await fullOf(two)];
      equal(after.state, before.state, "The state");
      equal(
        after.events.map(({ seq }) => seq),
        before.events.map(({ seq }) => seq),
        "The positions",
      );
      equal(after.lastUpdateTime, before.lastUpdateTime, "The time of the last update");
      equal(after.incarnation, before.incarnation, "The incarnation");
      const stored = await two.appendEvent({ session: { ...KEY }, event: user("next", { id: "next" }) });
      holds(
        stored.seq > (before.events.at(-1)?.seq ?? 0),
        "Expected the next position to be above all others",
      );
      await two.deleteSession(KEY);
      const anew = await (await kit.reopen(two)).createSession(KEY);
      holds(
        incarnation === undefined || anew.incarnation !== incarnation,
        "Expected a session made anew by another service to tell another `incarnation`",
      );
    },
  },
});

/** How many levels of lists and objects there are, down the only branch; 0 for what is neither. */
function depthOf(value: unknown): number {
  let depth = 0;
  for (let at = value; typeof at === "object" && at !== null; depth++) at = Object.values(at)[0];
  return depth;
}
