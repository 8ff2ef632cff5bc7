import { HumanMessage } from "@langchain/core/messages";
import { type SessionService, SessionSummary } from "@sessionfold/core";
import { equal, holds } from "../asserts/asserts.ts";
import { appendAll, fullOf, KEY, textOf } from "../kit/reading.ts";
import { roundTrip } from "../kit/round-trip.ts";
import { agent, START, turns, user } from "../kit/said.ts";
import type { ServiceKit } from "../kit/service-kit.ts";
import { type CheckedRule, rulesOf } from "../rule.ts";
import { MESSAGES, TEXTS } from "./message-samples.ts";

const MEGABYTE = 1_048_576;

/** What comes back of an event. */
export const EVENT_RULES: readonly CheckedRule<ServiceKit>[] = rulesOf("events", {
  "event-fields": {
    title: "author, invocation, branch, time, flags and state of an event come back as they were",
    why: "Scopes, turns, triggers and pins are read from these fields.",
    async check(kit) {
      await roundTrip(await kit.service(), [
        user("hi", { id: "e1", invocationId: "run-1", branch: "root.planner", timestamp: START + 0.5 }),
        agent("yes", { id: "e2", author: "Planner Ü", actions: { pinned: true } }),
        agent("no", { id: "e3", actions: { skipSummarization: true, stateDelta: { a: 1, "app:b": [2] } } }),
        { id: "e4", author: "system", timestamp: 0, actions: { stateDelta: { only: "state" } } },
        user("both", { id: "e5", actions: { pinned: false, skipSummarization: false } }),
      ]);
    },
  },
  "event-notes": {
    title: "marks and summaries are events like any other, kept as they were",
    why: "A summary is one more append; a store that knows only messages would drop it, and nothing would fold.",
    async check(kit) {
      const service = await kit.service();
      await roundTrip(service, [
        ...turns(2),
        {
          id: "m1",
          author: "system",
          timestamp: START,
          actions: { marks: [{ kind: "pin", targets: ["q1"] }] },
        },
        {
          id: "s1",
          author: "system",
          timestamp: START,
          message: new HumanMessage("SUMMARY"),
          actions: { summary: aSummary().toJSON() },
        },
      ]);
      const stored = (await fullOf(service)).events.find(({ id }) => id === "s1");
      equal(
        SessionSummary.fromJSON(stored?.actions.summary).toJSON(),
        aSummary().toJSON(),
        "The summary, read back",
      );
    },
  },
  "message-kinds": {
    title: "messages of every kind come back as the same kind with all they carry",
    why: "A lost call id or a result that became text makes the next request one that providers refuse.",
    async check(kit) {
      const service = await kit.service();
      const events = Object.entries(MESSAGES).map(([id, make]) => ({
        id,
        message: make(),
        timestamp: START,
      }));
      await roundTrip(service, events);
      const stored = new Map((await fullOf(service)).events.map((event) => [event.id, event.message]));
      for (const [kind, make] of Object.entries(MESSAGES)) {
        const message = stored.get(kind);
        holds(message?.constructor === make().constructor, `Expected ${kind} to be of the class it was`);
        equal(Reflect.get(message, "tool_calls"), Reflect.get(make(), "tool_calls"), `The calls of ${kind}`);
      }
    },
  },
  "text-unicode": {
    title: "text of any script comes back code unit by code unit: controls, quotes, newlines, no text",
    why: "What is normalised, trimmed or escaped is not what was said, and no digest of it fits any more.",
    async check(kit) {
      await textsRoundTrip(await kit.service(), TEXTS);
    },
  },
  "text-nul": {
    title: "text with NUL characters comes back whole",
    why: "Tools read binary files; a text that ends at its first NUL has lost the rest.",
    async check(kit) {
      await textsRoundTrip(await kit.service(), ["a\u0000b", "\u0000", "\\u0000 \u0000"]);
    },
  },
  "text-lone-surrogates": {
    title: "text with halves of surrogate pairs comes back as it was",
    why: "Streams and cuts split emoji; replaced by a mark, an event differs from what was appended.",
    async check(kit) {
      await textsRoundTrip(await kit.service(), ["a\ud83d", "\ude00b", "\udc00\ud800"]);
    },
  },
  "text-large": {
    title: "a message of a megabyte comes back whole",
    why: "One tool result can be a file; a column's limit must not cut it.",
    async check(kit) {
      const text = "0123456789abcdé\n".repeat(MEGABYTE / 16);
      const service = await kit.service();
      await service.createSession(KEY);
      await appendAll(service, [user(text, { id: "large" })]);
      const stored = textOf((await fullOf(service)).events.find(({ id }) => id === "large"));
      holds(stored === text, `Expected ${text.length} characters as they were, got ${stored.length}`);
    },
  },
  "data-hostile": {
    title: "fields named __proto__ and the like are data, deep and odd values too",
    why: "Arguments of tools come from a model that a stranger may steer; they must not reach a prototype.",
    async check(kit) {
      const hostile = JSON.parse(
        '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"toString":"x","":0,"a.b":[[]]}',
      ) as Record<string, unknown>;
      let deep: Record<string, unknown> = { bottom: 9_007_199_254_740_991 };
      for (let level = 0; level < 100; level++) deep = { down: [deep] };
      const service = await kit.service();
      await roundTrip(service, [
        agent("kwargs", { id: "e1", actions: { stateDelta: { hostile, tiny: 1e-300, deep, none: null } } }),
        {
          id: "e2",
          message: {
            role: "assistant",
            content: "",
            tool_calls: [{ id: "c", type: "tool_call", name: "t", args: hostile }],
          },
        },
        { id: "e3", message: { role: "user", content: "x", additional_kwargs: { hostile } } },
      ]);
      equal((await fullOf(service)).state.hostile, hostile, "The state of that name");
      equal((Object.prototype as { polluted?: unknown }).polluted, undefined, "The prototype of all objects");
    },
  },
});

async function textsRoundTrip(service: SessionService, texts: readonly string[]): Promise<void> {
  await service.createSession(KEY);
  await appendAll(
    service,
    texts.map((text, at) => user(text, { id: `t${at}`, actions: { stateDelta: { text } } })),
  );
  const { events, state } = await fullOf(service);
  for (const [at, text] of texts.entries()) {
    const stored = events.find(({ id }) => id === `t${at}`);
    equal(stored?.message?.content, text, `Text ${at}`);
    equal(stored?.actions.stateDelta, { text }, `The same text as a value`);
  }
  equal(state.text, texts.at(-1), "The last text, as state");
}

function aSummary(): SessionSummary {
  return new SessionSummary({
    id: "s1",
    sessionId: KEY.sessionId,
    text: "They said hello.",
    coverage: { direct: ["q0", "a0"], replaces: [], omitted: [], fromSeq: 0, toSeq: 1, planSeq: 4 },
    originalEventCount: 4,
    compressedEventCount: 3,
    originalTokens: 20,
    summaryTokens: 5,
    createdAt: START,
    model: null,
    trigger: "force",
    usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3 },
    durationMs: 1.5,
    level: 0,
    version: 1,
    metadata: { nested: { list: [1, "two", null] } },
  });
}
