import type { AIMessage } from "@langchain/core/messages";
import { describe, expect, test } from "vitest";
import { readLangChainMessages } from "./langchain.ts";
import { readNeutralSession } from "./neutral.ts";
import { readOpenAiMessages } from "./openai.ts";

describe("neutral", () => {
  const read = (...events: readonly object[]) => readNeutralSession({ events }, "x").events;

  test("all that the provider read is input", () => {
    const usage = { input: 7, output: 5, cacheRead: 100, cacheWrite: 20 };
    const [event] = read({ author: "assistant", text: "a", usage, model: "m" });
    expect(event?.message).toMatchObject({
      usage_metadata: { input_tokens: 127, output_tokens: 5, total_tokens: 132 },
      response_metadata: { model_name: "m" },
    });
  });

  test("arguments may be text, JSON or not", () => {
    const toolCalls = [
      { id: "1", name: "a", args: '{"q":1}' },
      { id: "2", name: "b", args: "ls -la" },
      { id: "3", name: "c" },
    ];
    const message = read({ author: "assistant", text: "", toolCalls })[0]?.message as AIMessage;
    expect(message.tool_calls?.map(({ args }) => args)).toEqual([{ q: 1 }, { input: "ls -la" }, {}]);
  });

  test("bystanders speak in the user's role under their own name, assistants under theirs", () => {
    const events = read(
      { author: "env", text: "console" },
      { author: "user", name: "Ann", text: "hi" },
      { author: "assistant", name: "Bo", text: "hello" },
      { author: "system", text: "rules" },
    );
    expect(events.map(({ author, message }) => [author, message.type, message.name])).toEqual([
      ["env", "human", undefined],
      ["user", "human", "Ann"],
      ["Bo", "ai", "Bo"],
      ["system", "system", undefined],
    ]);
  });

  test("times without a zone are UTC, and numbers milliseconds", () => {
    const times = ["2024-08-06T08:47:10", "2024-08-06T08:47:10Z", "2024-08-06T10:47:10+02:00", 1722934030000];
    const events = read(...times.map((timestamp) => ({ author: "user", text: "x", timestamp })));
    expect(new Set(events.map(({ timestamp }) => timestamp))).toEqual(new Set([1722934030000]));
  });
});

describe("OpenAI", () => {
  test("function calls of old, custom tools, developers, parts and refusals", () => {
    const events = readOpenAiMessages([
      { role: "developer", content: "rules" },
      {
        role: "user",
        name: "ann",
        content: [
          { type: "text", text: "look" },
          { type: "image_url", image_url: "u" },
        ],
      },
      { role: "assistant", content: null, function_call: { name: "f", arguments: "{}" } },
      { role: "function", name: "f", content: "1" },
      { role: "assistant", tool_calls: [{ id: "c", type: "custom", custom: { name: "sh", input: "ls" } }] },
      { role: "tool", tool_call_id: "c", content: "x" },
      { role: "assistant", content: null, refusal: "No." },
    ]);
    const [rules, look, called, result, custom, , refusal] = events.map(({ message }) => message);
    expect(rules?.type).toBe("system");
    expect(look).toMatchObject({ name: "ann", content: [{ text: "look" }, { type: "image_url" }] });
    expect(result).toMatchObject({ tool_call_id: (called as AIMessage).tool_calls?.[0]?.id });
    expect((custom as AIMessage).tool_calls).toMatchObject([{ id: "c", name: "sh", args: { input: "ls" } }]);
    expect(refusal?.text).toBe("No.");
  });
});

describe("LangChain", () => {
  test("pieces of a stream count as messages of their kind", () => {
    const id = ["langchain_core", "messages", "AIMessageChunk"];
    const usage_metadata = { input_tokens: 1, output_tokens: 2, total_tokens: 3 };
    const [event] = readLangChainMessages([
      { lc: 1, type: "constructor", id, kwargs: { content: "hi", name: "bo", usage_metadata } },
    ]);
    expect(event?.message).toMatchObject({ type: "ai", content: "hi", name: "bo", usage_metadata });
  });
});
