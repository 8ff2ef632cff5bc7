import { HumanMessage } from "@langchain/core/messages";
import { SessionSummarizer } from "@sessionfold/core";
import { expect, test } from "vitest";
import { Conversations } from "./conversations.ts";

function keepingOne(): Conversations {
  const { ledger, options } = new SessionSummarizer();
  const { summaryWriter, clock, transcript } = options;
  return new Conversations(
    { ledger, transcript, clock, reading: { name: "filter", summaryWriter, clock } },
    1,
  );
}

test("a call under way goes on with its conversation, though others have taken its place meanwhile", () => {
  const conversations = keepingOne();
  const mine = [new HumanMessage({ id: "mine", content: "Mine" })];
  const place = { scope: undefined, threadId: "mine" };
  const conversation = conversations.of(mine, place);
  conversations.of([new HumanMessage({ id: "other", content: "Other" })], { ...place, threadId: "other" });

  expect(conversations.of(mine, { ...place, conversation })).toBe(conversation);
  expect(conversations.of(mine, { ...place, threadId: "third", conversation })).not.toBe(conversation);
});

test("a conversation that is being folded is not forgotten, however many others there are", () => {
  const conversations = keepingOne();
  const mine = [new HumanMessage({ id: "mine", content: "Mine" })];
  const place = { scope: undefined, threadId: "mine" };
  const other = () =>
    conversations.of([new HumanMessage({ id: "other", content: "Other" })], { ...place, threadId: "other" });
  const conversation = conversations.of(mine, place);
  conversation.folding = Promise.resolve();
  // Nor is the one that is asked for.
  expect(other()).toBe(other());
  expect(conversations.of(mine, place)).toBe(conversation);

  conversation.folding = undefined;
  other();
  expect(conversations.of(mine, place)).not.toBe(conversation);
});
