import { type AIMessage, type BaseMessage, HumanMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { createAgent } from "langchain";
import { afterEach, expect, test } from "vitest";
import { z } from "zod";
import {
  type ModelServer,
  type ModelServerOptions,
  type ScriptLike,
  startModelServer,
  USAGE,
} from "../support/model-server.ts";

const servers: ModelServer[] = [];

async function serve(script: ScriptLike, options?: ModelServerOptions): Promise<ModelServer> {
  const server = await startModelServer(script, options);
  servers.push(server);
  return server;
}

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

const WAYS = ["plain", "streamed"] as const;
type Way = (typeof WAYS)[number];

/** Asks one thing, plainly or streamed, and returns the whole answer. */
async function ask(
  server: ModelServer,
  way: Way,
  question = "Where does the ferry leave?",
): Promise<AIMessage> {
  if (way === "plain") return server.chat().invoke(question);
  let whole: AIMessage | undefined;
  for await (const chunk of await server.chat().stream(question)) {
    whole = whole === undefined ? chunk : (whole as typeof chunk).concat(chunk);
  }
  if (whole === undefined) throw new Error("The stream held nothing");
  return whole;
}

test.each(WAYS)("a text, its ids and its usage arrive, %s", async (way) => {
  const text = "From pier 3, every hour 🚢 until ten at night.";
  const server = await serve([text]);
  const [first, second] = [await ask(server, way), await ask(server, way)];
  expect(first.text).toBe(text);
  expect(first.usage_metadata).toMatchObject({
    input_tokens: USAGE.inputTokens,
    output_tokens: USAGE.outputTokens,
  });
  expect(first.response_metadata).toMatchObject({ finish_reason: "stop" });
  expect(first.id).toMatch(/^chatcmpl-/);
  expect(second.id).not.toBe(first.id);
});

test.each(WAYS)("tool calls arrive with ids of their own and with given ones, %s", async (way) => {
  const server = await serve([
    {
      toolCalls: [
        { name: "pier", args: { of: "Ischia" } },
        { name: "price", args: {}, id: "c2" },
      ],
      content: "Let me see.",
    },
  ]);
  const answer = await ask(server, way);
  expect(answer.text).toBe("Let me see.");
  expect(answer.tool_calls).toMatchObject([
    { name: "pier", args: { of: "Ischia" } },
    { name: "price", args: {}, id: "c2" },
  ]);
  expect(answer.response_metadata).toMatchObject({ finish_reason: "tool_calls" });
  const again = await ask(server, way);
  expect(answer.tool_calls?.[0]?.id).toMatch(/^call_/);
  expect(again.tool_calls?.[0]?.id).not.toBe(answer.tool_calls?.[0]?.id);
});

test.each(WAYS)("arguments that are no JSON arrive as an invalid call, %s", async (way) => {
  const server = await serve([{ toolCalls: [{ name: "pier", args: '{"of": Isch' }] }]);
  const answer = await ask(server, way);
  expect(answer.tool_calls).toEqual([]);
  expect(answer.invalid_tool_calls).toMatchObject([{ name: "pier", args: '{"of": Isch' }]);
});

test("usage is what is given, or counted from request and answer", async () => {
  const server = await serve([
    { content: "At seven.", usage: { inputTokens: 7, outputTokens: 2, totalTokens: 9 } },
    { content: "y".repeat(400) },
  ]);
  expect((await ask(server, "plain")).usage_metadata).toMatchObject({ input_tokens: 7, total_tokens: 9 });
  const counted = (await ask(server, "plain", "x".repeat(4000))).usage_metadata;
  expect(counted).toMatchObject({ input_tokens: 1004, output_tokens: 100, total_tokens: 1104 });
});

test.each(WAYS)("an agent calls its tool and answers, %s", async (way) => {
  const server = await serve([{ toolCalls: [{ name: "pier", args: { of: "Ischia" } }] }, "From pier 3."]);
  const pier = tool(async ({ of }) => `${of}: pier 3`, {
    name: "pier",
    description: "The pier of a ferry.",
    schema: z.object({ of: z.string() }),
  });
  const agent = createAgent({ model: server.chat(), tools: [pier] });
  // What is read as a stream of messages is asked for as a stream.
  const streamMode = way === "plain" ? (["values"] as const) : (["values", "messages"] as const);
  const input = { messages: [new HumanMessage("Where does it leave?")] };
  let last: readonly BaseMessage[] = [];
  for await (const [mode, state] of await agent.stream(input, { streamMode: [...streamMode] })) {
    if (mode === "values") last = (state as { messages: readonly BaseMessage[] }).messages;
  }
  expect(last.map(({ type }) => type)).toEqual(["human", "ai", "tool", "ai"]);
  expect(last.at(-1)?.text).toBe("From pier 3.");
  expect(server.said("tool")).toBe("Ischia: pier 3");
  expect(server.requests.map(({ stream }) => stream === true)).toEqual([
    way === "streamed",
    way === "streamed",
  ]);
});
