import { ChatOpenAI } from "@langchain/openai";
import { SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import type { ReadableSpan, SpanProcessor } from "@opentelemetry/sdk-trace-base";
import { eventCountThreshold, InMemorySessionService, structuredSummarizer } from "@sessionfold/core";
import { afterEach, describe, expect, test } from "vitest";
import { numbered } from "../support/events.ts";
import { turns } from "../support/folds.ts";
import * as play from "../support/model-server.ts";
import { appendAll, decorated, KEY } from "../support/sessions.ts";
import { stubSummarizer } from "../support/stub-summarizer.ts";
import { kinds, only, serving, watched } from "./support.ts";
import { startTracing, type Tracing } from "./tracing.ts";

let tracing: Tracing | undefined;
afterEach(async () => {
  await tracing?.stop();
  tracing = undefined;
});
function traced(...more: readonly SpanProcessor[]): Tracing {
  tracing = startTracing(...more);
  return tracing;
}

function parentOf(span: ReadableSpan | undefined): string | undefined {
  return span?.parentSpanContext?.spanId;
}

describe("a summarisation", () => {
  test("is a span with the run's figures, child of the caller's, parent of its model call", async () => {
    const { inSpan, named, spans } = traced();
    const server = await serving(["The gist."]);
    const { events, summarize } = watched({ model: server.chat(), targetTokens: 40 });
    const caller = await inSpan(async (span) => {
      await summarize();
      return span.spanContext().spanId;
    });
    expect(spans().map(({ name }) => name)).toEqual(["chat gpt-4o-mini", "sessionfold.summarize", "turn"]);
    const [run] = named("sessionfold.summarize");
    const [call] = named("chat");
    const committed = only(events, "committed");
    const started = only(events, "started");
    expect(parentOf(run)).toBe(caller);
    expect(parentOf(call)).toBe(run?.spanContext().spanId);
    expect(run?.kind).toBe(SpanKind.INTERNAL);
    expect(run?.status.code).toBe(SpanStatusCode.UNSET);
    expect(run?.attributes).toEqual({
      "sessionfold.run.id": committed.runId,
      "sessionfold.strategy": "rolling",
      "gen_ai.conversation.id": "session-1",
      "sessionfold.trigger": "force",
      "sessionfold.read.events": 6,
      "sessionfold.read.summaries": 0,
      "sessionfold.read.tokens": started.tokens,
      "sessionfold.outcome": "committed",
      "sessionfold.summary.id": committed.summaryId,
      "sessionfold.summary.version": 1,
      "sessionfold.summary.tokens": committed.summaryTokens,
      "sessionfold.before.events": 8,
      "sessionfold.before.tokens": committed.before.tokens,
      "sessionfold.after.events": 3,
      "sessionfold.after.tokens": committed.after.tokens,
      "sessionfold.folded.events": 6,
      "sessionfold.folded.tokens": committed.foldedTokens,
      "sessionfold.kept.events": 2,
      "sessionfold.compression_ratio": 62.5,
      "sessionfold.calls": 1,
      "sessionfold.parts": 0,
      "sessionfold.retries": 0,
      "sessionfold.usage.input_tokens": play.USAGE.inputTokens,
      "sessionfold.usage.output_tokens": play.USAGE.outputTokens,
      "sessionfold.model": "gpt-4o-mini",
    });
    expect(call?.kind).toBe(SpanKind.CLIENT);
    expect(call?.attributes).toEqual({
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": "openai",
      "gen_ai.conversation.id": "session-1",
      "gen_ai.request.model": "gpt-4o-mini",
      "gen_ai.request.max_tokens": 40,
      "gen_ai.response.model": "gpt-4o-mini",
      "gen_ai.response.finish_reasons": ["stop"],
      "gen_ai.usage.input_tokens": play.USAGE.inputTokens,
      "gen_ai.usage.output_tokens": play.USAGE.outputTokens,
      "sessionfold.purpose": "whole",
    });
  });

  test("that is called again has an event for it, and a span for each call", async () => {
    const { named } = traced();
    const server = await serving([play.overloaded(), "The gist."]);
    await watched({ model: server.chat() }).summarize();
    const [run] = named("sessionfold.summarize");
    expect(run?.events).toMatchObject([
      {
        name: "sessionfold.retry",
        attributes: {
          "sessionfold.attempt": 1,
          "sessionfold.wait_ms": 1,
          "sessionfold.failure": "transient",
          "http.response.status_code": 503,
        },
      },
    ]);
    const [failed, sound] = named("chat");
    expect(failed?.status).toEqual({ code: SpanStatusCode.ERROR });
    expect(failed?.attributes["error.type"]).toBe("503");
    expect(failed?.events).toEqual([]);
    expect(sound?.status.code).toBe(SpanStatusCode.UNSET);
  });

  test("that fails has the code as its error's type", async () => {
    const { named } = traced();
    const server = await serving([play.serverError()]);
    await watched({ model: server.chat(), retry: false }).summarize();
    const [run] = named("sessionfold.summarize");
    expect(run?.status).toEqual({ code: SpanStatusCode.ERROR });
    expect(run?.attributes).toMatchObject({
      "error.type": "summarizer-failed",
      "sessionfold.outcome": "failed",
      "sessionfold.transient": true,
      "sessionfold.calls": 1,
      "http.response.status_code": 500,
    });
    expect(run?.events).toEqual([]);
  });

  test("whose trigger failed has a span as well, one that was not due has none", async () => {
    const { named, spans } = traced();
    await watched({ trigger: () => false }).summarize({});
    expect(spans()).toEqual([]);
    const broken = (): never => {
      throw new Error("broken");
    };
    await watched({ trigger: broken }).summarize({});
    expect(named("sessionfold.summarize")[0]?.attributes["error.type"]).toBe("trigger-failed");
  });

  test("that meets its deadline, or is called off, ends its call's span with that", async () => {
    const { named, reset } = traced();
    const server = await serving([play.hang()]);
    const late = watched({ model: server.chat(), timeoutMs: 200 });
    await late.summarize();
    await expect.poll(() => named("chat").length).toBe(1);
    expect(named("chat")[0]?.attributes["error.type"]).toBe("timeout");
    expect(named("sessionfold.summarize")[0]?.attributes["error.type"]).toBe("timeout");
    reset();

    const controller = new AbortController();
    const given = watched({ model: server.chat() }).summarize({ force: true, signal: controller.signal });
    await expect.poll(() => server.requests.length).toBe(2);
    controller.abort();
    await given;
    await expect.poll(() => named("chat").length).toBe(1);
    expect(named("chat")[0]?.attributes["error.type"]).toBe("aborted");
    const [run] = named("sessionfold.summarize");
    expect(run?.status.code).toBe(SpanStatusCode.UNSET);
    expect(run?.attributes).toMatchObject({
      "sessionfold.outcome": "skipped",
      "sessionfold.skip_reason": "aborted",
    });
  });

  test("of a long text has a span for each part and for each merge", async () => {
    const { named } = traced();
    const server = await serving(() => "Part.");
    const { events, summarize } = watched({ model: server.chat(), maxInputTokens: 20 });
    await summarize();
    const { calls, parts } = only(events, "committed");
    const purposes = named("chat").map(({ attributes }) => attributes["sessionfold.purpose"]);
    expect(purposes.filter((purpose) => purpose === "part")).toHaveLength(parts);
    expect(purposes.filter((purpose) => purpose === "merge")).toHaveLength(calls - parts);
  });

  test("of a record that needs a second answer has a span for each", async () => {
    const { named } = traced();
    const record = { decisions: ["x"], facts: [], openTasks: [], entities: [], preferences: [] };
    const server = await serving(["no record", JSON.stringify(record)]);
    await watched({ summarizer: structuredSummarizer(server.chat()) }).summarize();
    expect(named("chat")).toHaveLength(2);
  });

  test("in an append is part of the append, and the store's work part of it", async () => {
    const { inSpan, named } = traced();
    const inner = new InMemorySessionService();
    const store = inner.appendEvent.bind(inner);
    inner.appendEvent = (request) =>
      trace.getTracer("store").startActiveSpan("insert", async (span) => {
        const stored = await store(request);
        span.end();
        return stored;
      });
    const { sessions, session } = await decorated(
      {
        summarizer: stubSummarizer("S"),
        mode: "inline",
        keep: { turns: 1 },
        trigger: ({ events }) => events >= 8,
      },
      inner,
    );
    const caller = await inSpan(async (span) => {
      await appendAll(sessions, session, numbered(turns(4)));
      return span.spanContext().spanId;
    });
    const [run] = named("sessionfold.summarize");
    expect(parentOf(run)).toBe(caller);
    expect(parentOf(named("insert").at(-1))).toBe(run?.spanContext().spanId);
  });
});

test("a run in the background has a trace of its own, also of a service made within a span", async () => {
  const { inSpan, named } = traced();
  const { sessions } = await inSpan(async () => {
    const made = await decorated({
      summarizer: stubSummarizer("S"),
      mode: "background",
      keep: { turns: 1 },
      trigger: eventCountThreshold(8),
    });
    await appendAll(made.sessions, made.session, numbered(turns(4)));
    await made.sessions.flush();
    return made;
  });
  expect(await sessions.listSummaries(KEY)).toHaveLength(1);
  const [run] = named("sessionfold.summarize");
  expect(run?.attributes["sessionfold.outcome"]).toBe("committed");
  expect(parentOf(run)).toBeUndefined();
});

describe("without spans", () => {
  test("`openTelemetry: false` makes none, and tells events as ever", async () => {
    const { spans } = traced();
    const server = await serving(["The gist."]);
    const { events, summarize } = watched({ model: server.chat(), telemetry: { openTelemetry: false } });
    await summarize();
    expect(spans()).toEqual([]);
    expect(kinds(events)).toBe("started committed");
  });

  test("a processor that throws changes nothing", async () => {
    const broken = (): never => {
      throw new Error("broken");
    };
    const noop = async (): Promise<void> => {};
    traced({ onStart: broken, onEnd: broken, forceFlush: noop, shutdown: noop });
    const server = await serving(["The gist."]);
    const { events, summarize } = watched({ model: server.chat() });
    expect(await summarize()).toMatchObject({ kind: "summarized" });
    expect(kinds(events)).toBe("started committed");
  });
});

describe("without an SDK and a listener", () => {
  test("nothing is gathered: neither the model's provider nor the time", async () => {
    const server = await serving(["The gist."]);
    let asked = 0;
    class Asked extends ChatOpenAI {
      override getLsParams(options: this["ParsedCallOptions"]): ReturnType<ChatOpenAI["getLsParams"]> {
        asked++;
        return super.getLsParams(options);
      }
    }
    let times = 0;
    const model = new Asked({ model: "gpt-4o", apiKey: "none", configuration: { baseURL: server.baseURL } });
    const clock = (): number => ++times;
    const { summarize } = watched({ model, clock, onEvent: undefined });
    await summarize();
    const [silentlyAsked, silentTimes] = [asked, times];
    asked = 0;
    times = 0;
    traced();
    await summarize();
    // LangChain asks for reasons of its own; the time is asked for `started` and `committed`.
    expect(asked).toBe(silentlyAsked + 1);
    expect(times).toBe(silentTimes + 2);
  });
});
