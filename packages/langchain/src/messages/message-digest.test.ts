import {
  AIMessage,
  HumanMessage,
  mapChatMessagesToStoredMessages,
  mapStoredMessagesToChatMessages,
  ToolMessage,
} from "@langchain/core/messages";
import { expect, test } from "vitest";
import { combinedDigest, digestOf } from "./message-digest.ts";
import { isSameMessage } from "./same-message.ts";

const call = { id: "c1", name: "look", args: { parcel: 7, where: { gate: "é😀" }, none: null } };
const messages = [
  new HumanMessage({ id: "m1", content: "Where is it?" }),
  new HumanMessage({ id: "m2", content: [{ type: "text", text: "And this?" }] }),
  new AIMessage({ id: "m3", content: "", tool_calls: [call] }),
  new ToolMessage({ id: "m4", content: "Gate 7", tool_call_id: "c1" }),
];

test("a digest survives a trip through a store, also one that reorders fields and drops what is undefined", () => {
  const stored = JSON.parse(JSON.stringify(mapChatMessagesToStoredMessages(messages)));
  expect(mapStoredMessagesToChatMessages(stored).map(digestOf)).toEqual(messages.map(digestOf));
  const reordered = { none: null, where: { gate: "é😀", left: undefined }, parcel: 7 };
  expect(digestOf(new AIMessage({ id: "m3", content: "", tool_calls: [{ ...call, args: reordered }] }))).toBe(
    digestOf(messages[2] as AIMessage),
  );
});

test.each([
  ["content", new HumanMessage({ id: "m", content: "ab" }), new HumanMessage({ id: "m", content: "ba" })],
  ["id", new HumanMessage({ id: "m", content: "a" }), new HumanMessage({ id: "n", content: "a" })],
  ["role", new HumanMessage({ id: "m", content: "a" }), new AIMessage({ id: "m", content: "a" })],
  [
    "name",
    new HumanMessage({ id: "m", content: "a", name: "x" }),
    new HumanMessage({ id: "m", content: "ax" }),
  ],
  [
    "call",
    new ToolMessage({ id: "m", content: "a", tool_call_id: "1" }),
    new ToolMessage({ id: "m", content: "a", tool_call_id: "2" }),
  ],
  [
    "arguments",
    new AIMessage({ id: "m", content: "", tool_calls: [{ id: "1", name: "f", args: { a: 1 } }] }),
    new AIMessage({ id: "m", content: "", tool_calls: [{ id: "1", name: "f", args: { a: 2 } }] }),
  ],
  [
    "pin",
    new HumanMessage({ id: "m", content: "a" }),
    new HumanMessage({ id: "m", content: "a", additional_kwargs: { sessionfold: { pinned: true } } }),
  ],
])("another %s is another digest", (_, one, other) => {
  expect(digestOf(one)).not.toBe(digestOf(other));
  expect(isSameMessage(one, other)).toBe(false);
});

test("messages that came back from a store are told to be the same without a digest", () => {
  const back = mapStoredMessagesToChatMessages(
    JSON.parse(JSON.stringify(mapChatMessagesToStoredMessages(messages))),
  );
  expect(back.map((message, at) => isSameMessage(message, messages[at] as AIMessage))).toEqual(
    messages.map(() => true),
  );
});

test("metadata is not part of it", () => {
  const bare = new AIMessage({ id: "m", content: "a" });
  const told = new AIMessage({ id: "m", content: "a", response_metadata: { model: "x" } });
  expect(digestOf(told)).toBe(digestOf(bare));
});

test("100,000 short messages have digests of their own, and their order counts", () => {
  const digests = Array.from({ length: 100_000 }, (_, at) =>
    digestOf(new HumanMessage({ id: `${at}`, content: "x" })),
  );
  expect(new Set(digests).size).toBe(100_000);
  expect(digests.every(Number.isSafeInteger)).toBe(true);
  expect(combinedDigest([1, 2])).not.toBe(combinedDigest([2, 1]));
});
