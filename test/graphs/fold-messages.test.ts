import {
  AIMessage,
  type BaseMessage,
  HumanMessage,
  SystemMessage,
  ToolMessage,
} from "@langchain/core/messages";
import { MemorySaver, MessagesAnnotation, StateGraph } from "@langchain/langgraph";
import { conversationThreshold } from "@sessionfold/core";
import { type FoldOptions, foldMessages, type SummaryRecord } from "@sessionfold/langchain";
import { expect, test } from "vitest";
import { startModelServer } from "../support/model-server.ts";
import { stubSummarizer } from "../support/stub-summarizer.ts";

const policy = (summarizer = stubSummarizer("SUM")): FoldOptions => ({
  summarizer,
  trigger: conversationThreshold(3),
  keep: { turns: 1 },
});

function turns(count: number): BaseMessage[] {
  return Array.from({ length: count }, (_, at) => [
    new HumanMessage({ id: `u${at}`, content: `question ${at} about the long way to the harbour` }),
    new AIMessage({ id: `a${at}`, content: `answer ${at} about the long way to the harbour` }),
  ]).flat();
}

const texts = (messages: readonly BaseMessage[]) =>
  messages.map(({ text }) => (text.includes("SUM") ? "SUM" : text.split(" ").slice(0, 2).join(" ")));

test("messages in, window out; the list is not touched", async () => {
  const messages = [new SystemMessage({ id: "s", content: "be kind" }), ...turns(3)];
  const before = JSON.stringify(messages);
  const { messages: window, outcome, records } = await foldMessages(messages, policy());
  expect(outcome?.kind).toBe("summarized");
  expect(texts(window)).toEqual(["be kind", "SUM", "question 2", "answer 2"]);
  expect(records).toHaveLength(1);
  expect(JSON.stringify(messages)).toBe(before);
});

test("below the trigger the very messages come back, mended where a provider would refuse them", async () => {
  const messages = turns(1);
  expect((await foldMessages(messages, policy())).messages).toEqual(messages);
  const broken = [
    ...messages,
    new ToolMessage({ content: "late", tool_call_id: "gone" }),
    new HumanMessage("next"),
  ];
  const { messages: window } = await foldMessages(broken, policy());
  expect(window.map(({ type }) => type)).toEqual(["human", "ai", "human", "human"]);
});

test("records that the caller keeps apart count in another process, as long as what they cover is unchanged", async () => {
  const { records } = await foldMessages(turns(3), policy());
  const kept = JSON.parse(JSON.stringify(records)) as readonly SummaryRecord[];
  const second = stubSummarizer("second");
  const again = await foldMessages(turns(4), policy(second), { records: kept });
  expect(texts(again.messages)).toEqual(["SUM", "question 2", "answer 2", "question 3", "answer 3"]);
  expect(second.requests).toEqual([]);
  expect(again.records).toEqual(kept);
  const edited = turns(4);
  edited[0] = new HumanMessage({ id: "u0", content: "changed" });
  const fresh = await foldMessages(edited, policy(second), { records: kept });
  expect(second.requests).toHaveLength(1);
  expect(fresh.messages[0]?.text).toContain("second");
});

test("the answer may carry them instead", async () => {
  const server = await startModelServer((_, at) => `answer ${at}`, { userFirst: true });
  const summarizer = stubSummarizer("SUM");
  const saver = new MemorySaver();
  const make = () => {
    const options = policy(summarizer);
    return new StateGraph(MessagesAnnotation)
      .addNode("talk", async ({ messages }) => {
        const folded = await foldMessages(messages, options);
        return { messages: [folded.stamp(await server.chat().invoke([...folded.messages]))] };
      })
      .addEdge("__start__", "talk")
      .compile({ checkpointer: saver });
  };
  const config = { configurable: { thread_id: "t" } };
  for (const text of ["1", "2", "3"]) await make().invoke({ messages: [new HumanMessage(text)] }, config);
  expect(server.requests.at(-1)?.messages).toHaveLength(2);
  const { messages } = await make().invoke({ messages: [new HumanMessage("4")] }, config);
  expect(messages).toHaveLength(8);
  expect(summarizer.requests).toHaveLength(1);
  expect(server.refused).toEqual([]);
  await server.close();
});

test("force, an aborted call, one agent's scope, and what is refused", async () => {
  const options = policy();
  expect((await foldMessages(turns(2), options, { force: true })).outcome?.kind).toBe("summarized");
  const aborted = await foldMessages(turns(3), policy(), { signal: AbortSignal.abort() });
  expect(aborted.outcome).toEqual({ kind: "skipped", reason: "aborted" });
  expect(aborted.messages).toHaveLength(6);
  const mine = turns(3).map((message) =>
    message.type === "ai"
      ? new AIMessage({ id: message.id ?? "", name: "scout", content: message.content as string })
      : message,
  );
  const scoped = await foldMessages(mine, {
    ...policy(),
    scope: "agent",
    agent: "scout",
    keep: { events: 1 },
  });
  expect(texts(scoped.messages)).toEqual(["question 0", "SUM", "question 1", "question 2", "answer 2"]);
  for (const wrong of [{ records: [{}] }, { force: 1 }, { nope: 1 }])
    await expect(foldMessages([], options, wrong as never)).rejects.toThrow(/Expected|Unknown/);
  await expect(foldMessages("x" as never)).rejects.toThrow(/`messages`/);
  await expect(foldMessages([], { scope: "agent" })).rejects.toThrow(/`agent`/);
});

const ANSWERS: Readonly<Record<number, string>> = {
  0: "the plan of the harbour",
  2: "then left to the harbour",
};

/** A conversation in which two people keep saying the same, without ids, as plain data or as messages. */
const repeated = (count: number) =>
  Array.from({ length: count }, (_, at) => [
    { role: "user", content: "yes" },
    { role: "assistant", content: ANSWERS[at] ?? "go on along the harbour" },
  ]).flat();

test("without ids, a summary counts while the list begins as it did", async () => {
  const summarizer = stubSummarizer("SUM");
  const { records, messages } = await foldMessages(repeated(3), policy(summarizer));
  expect(texts(messages)).toEqual(["SUM", "yes", "then left"]);
  const prompt = (at: number) => ({ role: "system", content: `It is ${at} o'clock.` });
  for (const at of [1, 2]) {
    const again = await foldMessages([prompt(at), ...repeated(3)], policy(summarizer), { records });
    expect(texts(again.messages)).toEqual([`It is`, "SUM", "yes", "then left"]);
  }
  expect(summarizer.requests).toHaveLength(1);
});

test.each([
  ["the first message", 0, 1],
  ["a turn further up", 2, 2],
  ["the first turn", 0, 2],
])("without ids, %s deleted: no summary hides what it did not read", async (_, from, count) => {
  const { records } = await foldMessages(repeated(4), { ...policy(), keep: { turns: 2 } });
  const left = repeated(4);
  left.splice(from, count);
  const off: FoldOptions = { ...policy(), trigger: () => false };
  const { messages } = await foldMessages(left, off, { records });
  const said = messages.filter(({ text }) => left.some(({ content }) => content === text));
  expect(said.map(({ text }) => text)).toEqual(left.map(({ content }) => content));
  expect(texts(messages)).not.toContain("SUM");
});

test("takes what LangChain takes for a message, and says where there is none", async () => {
  const given = ["hello", ["assistant", "hi"], { role: "user", content: "how are you?" }] as const;
  const { messages } = await foldMessages(given as never);
  expect(messages.map(({ type, text }) => `${type}: ${text}`)).toEqual([
    "human: hello",
    "ai: hi",
    "human: how are you?",
  ]);
  for (const wrong of [{ role: "nobody", content: "secret" }, { content: "secret" }, null, 1]) {
    const failing = foldMessages(["hello", wrong as never]);
    await expect(failing).rejects.toMatchObject({ code: "configuration" });
    await expect(failing).rejects.toThrow(/`messages\[1\]`/);
    await expect(failing).rejects.not.toThrow(/secret/);
  }
});
