import { AIMessage, HumanMessage, ToolMessage } from "@langchain/core/messages";
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base";
import {
  type EventInput,
  extractive,
  type RunEvent,
  SessionSummarizer,
  type SessionSummarizerOptions,
} from "@sessionfold/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { s } from "../support/events.ts";
import { turns } from "../support/folds.ts";
import * as play from "../support/model-server.ts";
import { serving } from "./support.ts";
import { startTracing, type Tracing } from "./tracing.ts";

/** In every text that a user, a model, a tool, a hook or a provider can write. */
const SECRET = "hunter2";
const said = (where: string): string => `${SECRET} ${where}`;

const CONVERSATION: readonly EventInput[] = [
  s(said("system")),
  { author: said("author"), message: new HumanMessage({ content: said("question"), name: `u-${SECRET}` }) },
  {
    author: "agent",
    message: new AIMessage({
      content: said("call"),
      name: `a-${SECRET}`,
      tool_calls: [{ id: "c1", name: `tool_${SECRET}`, args: { password: said("argument") } }],
    }),
  },
  {
    author: "tool",
    message: new ToolMessage({ content: said("result"), tool_call_id: "c1", name: `tool_${SECRET}` }),
  },
  {
    author: "agent",
    message: new AIMessage(said("answer")),
    actions: { stateDelta: { note: said("state") } },
  },
  { author: "user", message: new HumanMessage(said("next question")) },
  { author: "agent", message: new AIMessage(said("next answer")) },
  ...turns(2),
];

let tracing: Tracing;
beforeEach(() => {
  tracing = startTracing();
});
afterEach(() => tracing.stop());

/** Runs, and all that was told. */
async function tell(
  options: SessionSummarizerOptions,
  runs = 1,
): Promise<{
  readonly events: readonly RunEvent[];
  readonly spans: readonly ReadableSpan[];
  readonly logged: string;
}> {
  const events: RunEvent[] = [];
  const warnings: string[] = [];
  const summarizer = new SessionSummarizer({
    keep: { turns: 1 },
    retry: { delaysMs: [1] },
    onEvent: (event) => {
      events.push(event);
      throw new Error(said("listener"));
    },
    logger: { warn: (message) => warnings.push(message) },
    metadata: { note: said("metadata") },
    ...options,
  });
  const force = options.trigger === undefined;
  for (let run = 0; run < runs; run++) await summarizer.summarizeEvents(CONVERSATION, { force });
  return { events, spans: tracing.spans(), logged: warnings.join("\n") };
}

/** All of it as text, errors with their messages and stacks. */
function written({ events, spans, logged }: Awaited<ReturnType<typeof tell>>): string {
  const flat = (_: string, value: unknown): unknown =>
    value instanceof Error
      ? { ...value, message: value.message, stack: value.stack, cause: value.cause }
      : value;
  const ofSpans = spans.map(({ name, attributes, events: during, status, links }) => ({
    name,
    attributes,
    during,
    status,
    links,
  }));
  return `${JSON.stringify(events, flat)}\n${JSON.stringify(ofSpans)}\n${logged}`;
}

const quoting = play.httpError(400, { message: `You sent: ${said("request")}`, code: said("code") });
const busy = play.httpError(503, { message: said("busy"), type: said("type") });

const CASES: Readonly<Record<string, (server: play.ModelServer) => SessionSummarizerOptions>> = {
  "a summary": (server) => ({ model: server.chat() }),
  "a hook that writes it anew": (server) => ({
    model: server.chat(),
    hooks: { after: () => ({ text: said("hook"), metadata: { summarizer: said("hook"), note: SECRET } }) },
  }),
  "a hook that fails": (server) => ({
    model: server.chat(),
    hooks: {
      before: () => {
        throw new Error(said("hook"));
      },
    },
  }),
  "a trigger that says more than it is asked": (server) => ({
    model: server.chat(),
    trigger: () => ({ name: "mine", fired: true, observed: SECRET, note: said("trigger") }) as never,
  }),
  "a trigger that fails": () => ({
    trigger: () => {
      throw new Error(said("trigger"));
    },
  }),
};

const SCRIPTS: Readonly<Record<string, play.ScriptLike>> = {
  "is written": [said("summary")],
  "is refused with a quotation": [quoting],
  "is late": [busy, said("summary")],
  "never comes": [busy],
  "ends for a reason of its own": [{ content: said("summary"), finishReason: said("reason") as "stop" }],
};

describe("without `content`, no event, span or warning holds a word of", () => {
  for (const [what, options] of Object.entries(CASES)) {
    for (const [how, script] of Object.entries(SCRIPTS)) {
      test(`${what} that ${how}`, async () => {
        const server = await serving(script);
        const given = options(server);
        const told = await tell({ ...given, fallback: extractive(), breaker: { failures: 1 } }, 2);
        expect(told.events.length).toBeGreaterThan(1);
        expect(told.logged).not.toBe("");
        expect(told.spans.length).toBeGreaterThan(0);
        expect(written(told)).not.toContain(SECRET);
        const alone = await tell(given);
        expect(written(alone)).not.toContain(SECRET);
      });
    }
  }
});

describe("with `content`", () => {
  const telemetry = { content: true };

  test("events carry what was read and written", async () => {
    const server = await serving([said("summary")]);
    const { events } = await tell({ model: server.chat(), telemetry });
    expect(events[0]).toMatchObject({
      kind: "started",
      transcript: expect.stringContaining(said("argument")),
    });
    expect(events[1]).toMatchObject({ kind: "committed", text: said("summary") });
  });

  test("events carry errors", async () => {
    const server = await serving([busy, quoting]);
    const { events } = await tell({ model: server.chat(), telemetry, fallback: extractive() });
    const error = (word: string) => ({ error: { message: expect.stringContaining(said(word)) } });
    expect(events[1]).toMatchObject({ kind: "retried", ...error("busy") });
    expect(events[2]).toMatchObject({ kind: "fell-back", ...error("request") });
    const failing = await tell({ model: server.chat(), telemetry });
    expect(failing.events.at(-1)).toMatchObject({ kind: "failed", error: { cause: error("request").error } });
  });

  test("spans carry messages and exceptions, by the conventions", async () => {
    const server = await serving([busy, said("summary")]);
    const { spans } = await tell({ model: server.chat(), telemetry });
    const [failed, sound] = spans.filter(({ name }) => name.startsWith("chat"));
    expect(failed?.events[0]?.attributes?.["exception.message"]).toContain(said("busy"));
    const input = JSON.parse(String(sound?.attributes["gen_ai.input.messages"])) as unknown;
    expect(input).toEqual([
      { role: "user", parts: [{ type: "text", content: expect.stringContaining(said("question")) }] },
    ]);
    expect(sound?.attributes["gen_ai.system_instructions"]).toContain('"type":"text"');
    expect(JSON.parse(String(sound?.attributes["gen_ai.output.messages"]))).toEqual([
      { role: "assistant", parts: [{ type: "text", content: said("summary") }], finish_reason: "stop" },
    ]);
  });

  test("what is redacted is not told", async () => {
    const server = await serving([said("summary")]);
    const redact = (text: string): string => text.replaceAll(SECRET, "***");
    const told = await tell({ model: server.chat(), telemetry, redact });
    expect(written(told)).toContain("*** question");
    expect(JSON.stringify(told.events)).not.toContain(SECRET);
  });
});
