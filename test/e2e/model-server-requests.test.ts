import {
  AIMessage,
  type BaseMessage,
  ChatMessage,
  HumanMessage,
  SystemMessage,
  ToolMessage,
} from "@langchain/core/messages";
import { afterEach, expect, test } from "vitest";
import { ask, seenOf } from "../support/model-server/client.ts";
import { type ModelServer, type ModelServerOptions, startModelServer } from "../support/model-server.ts";

const servers: ModelServer[] = [];

/** Serves one answer; what is asked here is whether it comes to that. */
async function serve(options?: ModelServerOptions): Promise<ModelServer> {
  const server = await startModelServer(["At seven."], options);
  servers.push(server);
  return server;
}

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

test("a request beyond the model's context window gets the context-length error", async () => {
  const server = await serve({ contextWindow: { "gpt-4o-mini": 100 } });
  const long = "x".repeat(400);
  expect(await seenOf(() => ask(server, "plain", long))).toMatchObject({ name: "ContextOverflowError" });
  expect(await seenOf(() => ask(server, "streamed", long))).toMatchObject({ name: "ContextOverflowError" });
  // 96 tokens of text and 4 of the message.
  expect((await ask(server, "plain", "x".repeat(384))).text).toBe("At seven.");
  expect((await server.chat({ model: "gpt-4o" }).invoke(long)).text).toBe("At seven.");
  const all = await serve({ contextWindow: 3, tokenCounter: { name: "one", count: () => 4 } });
  expect(await seenOf(() => ask(all, "plain"))).toMatchObject({
    message: expect.stringContaining(
      "maximum context length is 3 tokens. However, your messages resulted in 4",
    ),
  });
});

const caller = (...ids: string[]) =>
  new AIMessage({ content: "", tool_calls: ids.map((id) => ({ id, name: "pier", args: {} })) });
const result = (id: string) => new ToolMessage({ content: "pier 3", tool_call_id: id });
const Q = new HumanMessage("Where?");

test.each<[string, readonly BaseMessage[], ModelServerOptions?]>([
  ["no messages", []],
  ["a tool result that no call precedes", [Q, result("c1")]],
  ["a result of an unknown call", [Q, caller("c1"), result("c1"), result("c2")]],
  ["1 calls without a result", [Q, caller("c1", "c2"), result("c1"), Q]],
  ["1 calls without a result", [Q, caller("c1")]],
  ["a call id twice", [Q, caller("c1", "c1"), result("c1")]],
  ["a role that providers do not know", [new ChatMessage("hi", "narrator")]],
  ["a system message that is not at the start", [Q, new SystemMessage("rules")], { strictSystem: true }],
  ["starts with the role assistant", [new AIMessage("hi"), Q], { userFirst: true }],
  ["without content", [Q, new AIMessage(" "), Q], { nonEmpty: true }],
])("refuses %s", async (problem, messages, options) => {
  const server = await serve(options);
  const seen = await seenOf(() => server.chat().invoke([...messages]));
  expect(seen).toMatchObject({ status: 400, type: "invalid_request_error" });
  expect(server.refused).toHaveLength(1);
  expect(server.refused[0]?.problems.join("\n")).toContain(problem);
  expect(String((seen as { message: unknown }).message)).toContain(server.refused[0]?.reason);
  // The script is not asked, and an unchecked server answers.
  expect((await ask(server, "plain")).text).toBe("At seven.");
  const lax = await serve({ ...options, checkRequests: false });
  expect((await lax.chat().invoke([...messages])).text).toBe("At seven.");
  expect(lax.refused).toEqual([]);
});

test("accepts what OpenAI accepts: results in any order, a system message later, an agent who begins", async () => {
  const server = await serve();
  const messages = [
    new AIMessage("hi"),
    Q,
    caller("c1", "c2"),
    result("c2"),
    result("c1"),
    new SystemMessage("rules"),
    Q,
  ];
  await server.chat().invoke(messages);
  expect(server.refused).toEqual([]);
});
