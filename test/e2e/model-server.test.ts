import { type BaseMessage, HumanMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { createAgent } from "langchain";
import { afterEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { wait } from "../support/chunks.ts";
import { ask, seenOf, WAYS } from "../support/model-server/client.ts";
import * as play from "../support/model-server.ts";
import {
  type Fault,
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
  if (way === "plain") return;
  // Usage is streamed to those who ask for it.
  for await (const chunk of await server.chat({ streamUsage: false }).stream("Where?"))
    expect(chunk.usage_metadata).toBeUndefined();
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
  const derived = await serve(["y".repeat(40)], { deriveUsage: true });
  const { usage_metadata } = await ask(derived, "streamed", "x".repeat(40));
  expect(usage_metadata).toMatchObject({ input_tokens: 14, output_tokens: 10, total_tokens: 24 });
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

/** What a client is told of a fault: fields of its error, or of the answer that it takes for one. */
type Seen = Readonly<Record<string, unknown>>;

const text = (seen: string, finish_reason?: string): Seen => ({ text: seen, finish_reason });
const NOTHING: Seen = { message: "The stream held nothing" };
const DATE = new Date("2026-11-21T15:00:00Z");
const ANSWER = "The ferry leaves from pier 3, every hour until ten at night.";

/** Of each fault what the client sees, and what it sees when streaming where that is something else. */
const FAULTS: readonly (readonly [Fault, Seen, Seen?])[] = [
  [play.rateLimited({ retryAfter: 2 }), { status: 429, code: "rate_limit_exceeded", retryAfter: "2" }],
  [play.rateLimited({ retryAfter: DATE }), { status: 429, retryAfter: "Sat, 21 Nov 2026 15:00:00 GMT" }],
  [play.rateLimited({ retryAfterMs: 1500 }), { status: 429, retryAfter: null, retryAfterMs: "1500" }],
  [play.rateLimited(), { status: 429, retryAfter: null, retryAfterMs: null }],
  [play.quotaExhausted(), { status: 429, code: "insufficient_quota" }],
  [play.serverError(), { status: 500, type: "server_error" }],
  [play.badGateway(), { status: 502, code: undefined, retryAfter: null }],
  [play.overloaded({ retryAfter: 30 }), { status: 503, retryAfter: "30" }],
  [play.unauthorized(), { status: 401, code: "invalid_api_key" }],
  [play.badRequest(), { status: 400, code: "unsupported_parameter" }],
  [play.modelNotFound(), { status: 404, code: "model_not_found" }],
  [play.httpError(418, { message: "No coffee." }, { "retry-after": "9" }), { status: 418, retryAfter: "9" }],
  [play.contextLengthExceeded(), { name: "ContextOverflowError" }],
  [
    play.promptTooLong({ limit: 10 }),
    { status: 400, message: "400 prompt is too long: 11 tokens > 10 maximum" },
  ],
  [play.cut(), { message: "Connection error." }],
  [play.cutAmid(), { message: "terminated" }],
  [play.drip("At seven.", { gapMs: 1, bytes: 40 }), text("At seven.", "stop")],
  [play.late(5), text(ANSWER, "stop")],
  [play.malformedJson(), { name: "SyntaxError" }],
  [play.truncatedJson(), { name: "SyntaxError" }],
  // A stream that just ends looks like an answer: only the finish reason is missing.
  [play.unfinished(), { name: "SyntaxError" }, text(ANSWER.slice(0, 40))],
  [play.noChoices(), { name: "TypeError" }, NOTHING],
  [
    play.errorInside("Upstream is down."),
    { name: "TypeError" },
    { message: "Upstream is down.", code: "502" },
  ],
  [play.emptyContent(null), text("", "stop")],
  [play.emptyContent(""), text("", "stop")],
  [play.emptyContent(" \n"), text(" \n", "stop")],
  // LangChain hands the refusal's text out nowhere but in the raw response.
  [play.refusal(), text("", "stop")],
  [play.contentFilter("The ferry"), text("The ferry", "content_filter")],
  [play.huge(100_000), text("the ferry leaves again and ".repeat(3704).slice(0, 100_000), "stop")],
  [play.echo(), text("Where does the ferry leave?", "stop")],
  [play.wrongContentType(), { name: "TypeError" }, NOTHING],
];

describe.each(WAYS)("a fault as the client sees it, %s", (way) => {
  test.each(
    FAULTS.map(([fault, plain, streamed = plain]) => ({ fault, seen: way === "plain" ? plain : streamed })),
  )("$fault.fault: $seen", async ({ fault, seen }) => {
    const server = await serve([fault]);
    expect(await seenOf(() => ask(server, way))).toMatchObject(seen);
    await server.idle();
    expect(server.calls).toMatchObject([{ over: true }]);
    // A client that gives a stream up, or has read its "[DONE]", may close before the server has ended it.
    const readsAll = way === "plain" || seen.status !== undefined;
    if (readsAll) expect(server.calls[0]?.aborted).toBe(false);
    expect([server.openSockets(), server.inProgress(), server.refused.length]).toEqual([0, 0, 0]);
  });

  test.each([play.hang(), play.hangAmid(), play.drip(undefined, { gapMs: 60_000 }), play.late(60_000)])(
    "$fault: aborting closes the connection, and the server notices",
    async (fault) => {
      const server = await serve([fault]);
      const timers = activeTimers();
      const controller = new AbortController();
      const answer = seenOf(() => ask(server, way, "Where?", controller.signal));
      await server.arrived(1);
      // Long enough for an answer that does not wait.
      await wait(20);
      expect([server.openSockets(), server.inProgress()]).toEqual([1, 1]);
      const status = fault.fault === "hang amid the body" || fault.fault === "slow drip" ? 200 : undefined;
      expect(server.calls).toMatchObject([{ aborted: false, over: false, status }]);
      controller.abort();
      expect(await answer).toMatchObject({ name: "AbortError" });
      await server.idle();
      expect(server.calls).toMatchObject([{ aborted: true, over: true }]);
      expect(server.openSockets()).toBe(0);
      // Not equal: what ran before may have had a timer of its own.
      expect(activeTimers()).toBeLessThanOrEqual(timers);
    },
  );
});

test("an answer that is ready after the client has gone is dropped", async () => {
  let open = (_: string): void => {};
  const gate = new Promise<string>((resolve) => {
    open = resolve;
  });
  const server = await serve(() => gate);
  const controller = new AbortController();
  const answer = seenOf(() => ask(server, "plain", "Where?", controller.signal));
  await server.arrived(1);
  controller.abort();
  expect(await answer).toMatchObject({ name: "AbortError" });
  await server.idle();
  open("At seven.");
  await gate;
  expect(server.calls).toMatchObject([{ aborted: true, over: true, status: undefined }]);
});

test("a connection that is kept alive stays open, and nobody waits for its end", async () => {
  const server = await serve(["At seven."], { keepAlive: true });
  await ask(server, "plain");
  await server.idle();
  expect([server.openSockets(), server.inProgress()]).toEqual([1, 0]);
});

test("a refusal's text is on the wire", async () => {
  const server = await serve([play.refusal("No.")]);
  const body = JSON.stringify({ model: "m", messages: [{ role: "user", content: "Q" }] });
  const response = await fetch(`${server.baseURL}/chat/completions`, { method: "POST", body });
  const { choices } = (await response.json()) as { choices: readonly { message: object }[] };
  expect(choices).toMatchObject([{ message: { content: null, refusal: "No." }, finish_reason: "stop" }]);
});

test("what is half sent is read before the connection hangs", async () => {
  const server = await serve([play.hangAmid()]);
  const controller = new AbortController();
  let said = "";
  const reading = seenOf(async () => {
    for await (const chunk of await server.chat().stream("Where?", { signal: controller.signal })) {
      said += chunk.text;
      if (said !== "") controller.abort();
    }
    return undefined;
  });
  expect(await reading).toMatchObject({ name: "AbortError" });
  expect(ANSWER.startsWith(said)).toBe(true);
});

test("a list mixes faults and texts, and its last answer is repeated", async () => {
  const server = await serve([play.serverError(), "At seven.", play.overloaded()]);
  const seen: unknown[] = [];
  for (let at = 0; at < 4; at++) seen.push(await seenOf(() => ask(server, "plain")));
  expect(seen).toMatchObject([{ status: 500 }, { text: "At seven." }, { status: 503 }, { status: 503 }]);
  expect(server.calls.map(({ status }) => status)).toEqual([500, 200, 503, 503]);
});

test("each model has a script of its own, with calls counted from 0", async () => {
  const numbered: play.Script = async ({ model }, call) => `${model} ${call}`;
  const server = await serve(
    play.byModel({ "gpt-4o": numbered, "gpt-4o-mini": [play.serverError(), "back"], broken: [play.cut()] }),
  );
  const seen: unknown[] = [];
  for (const model of ["gpt-4o", "gpt-4o-mini", "gpt-4o", "gpt-4o-mini", "broken", "toString"])
    seen.push(await seenOf(() => server.chat({ model }).invoke("Q")));
  expect(seen).toMatchObject([
    { text: "gpt-4o 0" },
    { status: 500 },
    { text: "gpt-4o 1" },
    { text: "back" },
    { message: "Connection error." },
    { status: 404, code: "model_not_found" },
  ]);
});

test("counts what runs at once, keeps headers, and reads bodies that are no requests", async () => {
  let open = (_: string): void => {};
  const gate = new Promise<string>((resolve) => {
    open = resolve;
  });
  const server = await serve(() => gate);
  const answers = [1, 2, 3].map(() => ask(server, "plain"));
  await server.arrived(3);
  expect([server.inProgress(), server.openSockets()]).toEqual([3, 3]);
  open("At seven.");
  await Promise.all(answers);
  await server.idle();
  expect([server.inProgress(), server.maxConcurrent]).toEqual([0, 3]);
  expect(server.calls[0]?.headers).toMatchObject({ authorization: "Bearer none" });
  expect(JSON.parse(server.calls[0]?.raw ?? "")).toEqual(server.requests[0]);
  const url = `${server.baseURL}/chat/completions`;
  for (const body of ["{", "null", "{}"])
    expect((await fetch(url, { method: "POST", body })).status).toBe(400);
  expect((await fetch(`${server.baseURL}/models`)).status).toBe(404);
  expect(server.requests).toHaveLength(3);
});

/** Timers that keep the process alive. */
function activeTimers(): number {
  return process.getActiveResourcesInfo().filter((resource) => resource === "Timeout").length;
}
