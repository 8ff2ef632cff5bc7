import {
  AIMessage,
  type BaseMessage,
  HumanMessage,
  SystemMessage,
  ToolMessage,
} from "@langchain/core/messages";
import { FoldedLog, windowOf } from "@sessionfold/core";
import { eventsOfMessages } from "@sessionfold/langchain";
import fc from "fast-check";
import { expect, test } from "vitest";
import { PlainList } from "../../packages/langchain/src/agent/plain-list.ts";

/** Messages that are sound as often as not: empty texts, open rounds, results out of order, ids twice. */
const message: fc.Arbitrary<BaseMessage> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom("Hello", "Why?").map((text) => new HumanMessage(text)) },
  { weight: 4, arbitrary: fc.constantFrom("Because", "", " ").map((text) => new AIMessage(text)) },
  { weight: 1, arbitrary: fc.constant("Rules").map((text) => new SystemMessage(text)) },
  {
    weight: 3,
    arbitrary: fc
      .array(fc.constantFrom("a", "b", "c"), { minLength: 1, maxLength: 2 })
      .map(
        (ids) =>
          new AIMessage({ content: "", tool_calls: ids.map((id) => ({ id, name: "look", args: {} })) }),
      ),
  },
  {
    weight: 4,
    arbitrary: fc
      .constantFrom("a", "b", "c")
      .map((id) => new ToolMessage({ content: "7", tool_call_id: id })),
  },
);

test("a list that is called plain is its own window, whatever it holds; most sound ones are called so", () => {
  let plain = 0;
  fc.assert(
    fc.property(fc.array(message, { minLength: 1, maxLength: 8 }), (messages) => {
      const events = eventsOfMessages(messages);
      const list = new PlainList();
      for (const event of events) list.add(event);
      if (!list.isPlain) return;
      plain++;
      const window = windowOf(FoldedLog.of(events), { agent: "model", isSent: true });
      expect(window.map((event) => event.message)).toEqual(messages);
    }),
    { numRuns: 5000 },
  );
  expect(plain).toBeGreaterThan(200);
});
