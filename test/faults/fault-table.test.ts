import { BaseCallbackHandler } from "@langchain/core/callbacks/base";
import {
  eventCountThreshold,
  extractive,
  type SummarizeErrorCode,
  type SummarizeOutcome,
  type WithSummariesOptions,
} from "@sessionfold/core";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { numbered } from "../support/events.ts";
import { shown, turns } from "../support/folds.ts";
import * as play from "../support/model-server.ts";
import { appendAll, decorated, KEY } from "../support/sessions.ts";

/** For faults that only the deadline ends; what is left of it must do for the fallback. */
const SHORT_MS = 1000;
/** For the others, which must not meet it. */
const LONG_MS = 60_000;
const FALLBACK = "gpt-4o";
const GOOD = "The fallback wrote this.";

/** What a fault comes to when nobody else writes: the error's code, whether it may pass, and the calls it takes. */
interface Row {
  readonly fault: play.Answer;
  readonly code: SummarizeErrorCode;
  readonly streamedCode?: SummarizeErrorCode;
  readonly transient: boolean;
  readonly calls: number;
}

/** Calls that a failure which may pass is worth: the first and two more. */
const ALL = 3;

const busy = (fault: play.Answer): Row => ({ fault, code: "summarizer-failed", transient: true, calls: ALL });
const denied = (fault: play.Answer): Row => ({
  fault,
  code: "summarizer-failed",
  transient: false,
  calls: 1,
});
const unusable = (fault: play.Answer, code: SummarizeErrorCode): Row => ({
  fault,
  code,
  transient: false,
  calls: 1,
});
const silent = (fault: play.Answer): Row => ({ fault, code: "timeout", transient: true, calls: 1 });

const TABLE: Readonly<Record<string, Row>> = {
  "500": busy(play.serverError()),
  "502 with HTML": busy(play.badGateway()),
  "503": busy(play.overloaded()),
  "429": busy(play.rateLimited()),
  "429, in a moment": busy(play.rateLimited({ retryAfterMs: 1 })),
  "429, in an hour": { ...busy(play.rateLimited({ retryAfter: 3600 })), calls: 1 },
  "429, out of quota": denied(play.quotaExhausted()),
  "401": denied(play.unauthorized()),
  "400": denied(play.badRequest()),
  "404": denied(play.modelNotFound()),
  "context length, whatever the length": { ...denied(play.contextLengthExceeded()) },
  "prompt is too long, whatever the length": { ...denied(play.promptTooLong()) },
  "hang before the head": silent(play.hang()),
  "hang amid the body": silent(play.hangAmid()),
  "slow drip": silent(play.drip("The gist of it all.", { gapMs: 50 })),
  late: silent(play.late(SHORT_MS * 3, "Too late.")),
  "cut before the head": busy(play.cut()),
  "cut amid the body": busy(play.cutAmid()),
  "malformed JSON": busy(play.malformedJson()),
  "truncated JSON": busy(play.truncatedJson()),
  "no choices": denied(play.noChoices()),
  "error inside an answer": denied(play.errorInside()),
  "empty text": unusable(play.emptyContent(), "empty-summary"),
  "no text": unusable(play.emptyContent(null), "empty-summary"),
  "blank text": unusable(play.emptyContent(" \n\t "), "empty-summary"),
  // The client leaves out the field with the refusal, and what is left is an empty answer.
  refusal: unusable(play.refusal(), "empty-summary"),
  "refusal in words": unusable("I'm sorry, but I can't help with that.", "summary-refused"),
  // Streamed, the client leaves out why the answer ended.
  "content filter": { ...unusable(play.contentFilter(), "summary-refused"), streamedCode: "empty-summary" },
  huge: unusable(play.huge(1_000_000), "summary-too-long"),
  echo: unusable(play.echo(), "summary-echoed"),
  "tool calls": unusable({ toolCalls: [{ name: "search", args: { q: "x" } }] }, "empty-summary"),
  "wrong content type": denied(play.wrongContentType()),
};

/** Who writes: the faulty model alone, with another model behind it, or with both behind it. */
const CHAINS = ["model alone", "model, model", "model, extractive"] as const;

const servers: play.ModelServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

interface Setup {
  readonly server: play.ModelServer;
  readonly options: WithSummariesOptions;
}

beforeAll(async () => {
  // What is loaded and compiled once must not count into the first deadline.
  const { server, options } = await setup("Warm.", { chain: "model alone", streaming: true }, LONG_MS);
  const { sessions, session } = await decorated({ ...options, mode: "manual" });
  await appendAll(sessions, session, turns(4));
  expect(await sessions.summarize(session, { force: true })).toMatchObject({ kind: "summarized" });
  await server.close();
});

async function setup(
  fault: play.Answer,
  { chain, streaming }: Pick<Way, "chain" | "streaming">,
  timeoutMs: number,
): Promise<Setup> {
  const server = await play.startModelServer(play.byModel({ "gpt-4o-mini": [fault], [FALLBACK]: [GOOD] }));
  servers.push(server);
  const fallback =
    chain === "model alone" ? [] : chain === "model, model" ? server.chat({ model: FALLBACK }) : extractive();
  return {
    server,
    options: {
      model: server.chat(streaming ? { callbacks: [watcher] } : {}),
      fallback,
      retry: { delaysMs: [1, 1] },
      timeoutMs,
      keep: { turns: 1 },
    },
  };
}

/** Makes models stream, as LangGraph's stream of messages does. */
class Watcher extends BaseCallbackHandler {
  readonly name = "watcher";
  readonly lc_prefer_streaming = true;
}
const watcher = new Watcher();

/** Timers that keep the process alive. */
function timers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
}

/** The outcome, which must come before a timer that runs a tenth longer than the deadline. */
async function inTime(outcome: Promise<SummarizeOutcome>, timeoutMs: number): Promise<SummarizeOutcome> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("The deadline was missed")), timeoutMs * 1.1);
  });
  try {
    return await Promise.race([outcome, late]);
  } finally {
    clearTimeout(timer);
  }
}

for (const mode of ["inline", "manual"] as const) {
  for (const chain of CHAINS) {
    describe(`${mode}, ${chain}`, () => {
      for (const streaming of chain === "model alone" ? [false, true] : [false]) {
        for (const [name, row] of Object.entries(TABLE)) {
          const title = `${name}${streaming ? ", streamed" : ""}`;
          test(title, () => expectOutcome(row, { mode, chain, streaming }));
        }
      }
    });
  }
}

interface Way {
  readonly mode: "inline" | "manual";
  readonly chain: (typeof CHAINS)[number];
  readonly streaming: boolean;
}

async function expectOutcome(row: Row, { mode, chain, streaming }: Way): Promise<void> {
  const timeoutMs = row.code === "timeout" ? SHORT_MS : LONG_MS;
  const { server, options } = await setup(row.fault, { chain, streaming }, timeoutMs);
  const outcomes: SummarizeOutcome[] = [];
  const { sessions, session, inner } = await decorated({
    ...options,
    mode,
    trigger: eventCountThreshold(8),
    onOutcome: (outcome) => outcomes.push(outcome),
  });
  const events = numbered(turns(4));
  await appendAll(sessions, session, events.slice(0, -1));
  const before = timers();
  const last = events.slice(-1);
  const outcome = await inTime(
    mode === "manual"
      ? appendAll(sessions, session, last).then(() => sessions.summarize(session))
      : appendAll(sessions, session, last).then(() => outcomes.at(-1) as SummarizeOutcome),
    timeoutMs,
  );

  const ids = events.map(({ id }) => id);
  const log = (await inner.getSession(KEY))?.events ?? [];
  const window = shown((await sessions.getSession(KEY))?.events ?? []);
  if (chain === "model alone") {
    expect(outcome).toMatchObject({
      kind: "failed",
      error: {
        code: (streaming && row.streamedCode) || row.code,
        transient: row.transient,
        sessionId: KEY.sessionId,
      },
    });
    expect(server.requests).toHaveLength(row.calls);
    expect(shown(log)).toEqual(ids);
    expect(window).toEqual(ids);
  } else {
    expect(outcome).toMatchObject({
      kind: "summarized",
      summary: { model: chain === "model, model" ? FALLBACK : null, coverage: { direct: ids.slice(0, 6) } },
    });
    expect(shown(log)).toEqual([...ids, "S"]);
    expect(window).toEqual(["S", ...ids.slice(6)]);
  }

  // Nothing is left running: no request, no connection, no timer.
  await server.idle();
  expect(server.openSockets()).toBe(0);
  expect(server.refused).toEqual([]);
  expect(timers()).toBeLessThanOrEqual(before);

  // What comes late changes nothing, and the session goes on.
  await appendAll(sessions, session, turns(1, 9));
  expect((await inner.getSession(KEY))?.events).toHaveLength(log.length + 2);
}
