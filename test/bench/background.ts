import { setTimeout as wait } from "node:timers/promises";
import {
  type EventInput,
  eventCountThreshold,
  InMemorySessionService,
  type SummarizingSessionService,
  withSummaries,
} from "@sessionfold/core";
import { stubSummarizer } from "../support/stub-summarizer.ts";
import { figure, median } from "./measure.ts";

/** A session has so many turns, is due after a third of them, and a fold takes longer than the rest of it. */
const TURNS = 60;
const SESSIONS = 10;
const PACE_MS = 25;
const MODEL_MS = 2000;
const AT_ONCE = 200;
const ROUNDS = 9;

/** What `mode` says; a fold waits so long for its model. */
function service(mode: "background" | "manual", modelMs: number, due: number): SummarizingSessionService {
  const summarizer = stubSummarizer(async () => {
    await wait(modelMs);
    return "S";
  });
  const options = { mode, summarizer, trigger: eventCountThreshold(due), keep: { turns: 1 } };
  return withSummaries(new InMemorySessionService(), { ...options, limit: false, maxConcurrentFolds: 16 });
}

function said(author: "user" | "agent", turn: number): EventInput {
  return { author, message: `${author} says line ${turn} of a conversation about the weather in the north` };
}

async function turn(sessions: SummarizingSessionService, sessionId: string, at: number): Promise<number> {
  const key = { appName: "bench", userId: "user", sessionId };
  const start = performance.now();
  await sessions.appendEvent({ session: key, event: said("user", at) });
  await sessions.appendEvent({ session: key, event: said("agent", at) });
  await sessions.getSession(key);
  return performance.now() - start;
}

/** Latency of a turn while a model of 2 s summarises in the background, against none at all, turn by turn in the same run. */
async function benchTurns(): Promise<void> {
  const [folding, none] = [service("background", MODEL_MS, TURNS / 1.5), service("manual", 0, TURNS)];
  const took = { folding: [] as number[], none: [] as number[], ratio: [] as number[] };
  for (let session = 0; session <= SESSIONS; session++) {
    const sessionId = String(session);
    for (const each of [folding, none])
      await each.createSession({ appName: "bench", userId: "user", sessionId });
    for (let at = 0; at < TURNS; at++) {
      const order = at % 2 === 0 ? [folding, none] : [none, folding];
      const times = new Map<SummarizingSessionService, number>();
      for (const each of order) {
        times.set(each, await turn(each, sessionId, at));
        await wait(PACE_MS / 2);
      }
      // The first session is for warming up.
      if (session === 0) continue;
      const [a, b] = [times.get(folding) ?? Number.NaN, times.get(none) ?? Number.NaN];
      took.folding.push(a);
      took.none.push(b);
      took.ratio.push(a / b);
    }
  }
  await folding.flush();
  const [a, b] = [took.folding, took.none].map((times) => median(times.sort((x, y) => x - y)) * 1000);
  const ratio = (a ?? Number.NaN) / (b ?? Number.NaN);
  const folded = await foldedSessions(folding, SESSIONS + 1);
  console.log(
    `a turn (user, agent, read), a ${MODEL_MS / 1000} s model in the background   ${figure(a ?? 0, 0)} us, none ${figure(b ?? 0, 0)} us, ` +
      `ratio ${figure(ratio)} (medians of ${took.none.length} turns), of pairs ${figure(median(took.ratio.sort((x, y) => x - y)))}; ` +
      `${folded} of ${SESSIONS + 1} sessions folded`,
  );
}

/** Sessions that all talk at once and are all due: what their appends take, against a service that never folds. */
async function benchAtOnce(): Promise<void> {
  const took = { background: [] as number[], manual: [] as number[] };
  let folded = 0;
  for (let round = 0; round <= ROUNDS; round++) {
    const modes = ["background", "manual"] as const;
    for (const mode of round % 2 === 0 ? modes : modes.toReversed()) {
      const sessions = service(mode, 100, 10);
      for (let at = 0; at < AT_ONCE; at++)
        await sessions.createSession({ appName: "bench", userId: "user", sessionId: String(at) });
      globalThis.gc?.();
      const start = performance.now();
      await Promise.all(
        Array.from({ length: AT_ONCE }, async (_, session) => {
          for (let at = 0; at < 20; at++) await turn(sessions, String(session), at);
        }),
      );
      const time = performance.now() - start;
      if (round > 0) took[mode].push(time);
      await sessions.flush();
      if (mode === "background") folded += await foldedSessions(sessions, AT_ONCE);
    }
  }
  const [a, b] = [took.background, took.manual].map((times) => median(times.sort((x, y) => x - y)));
  console.log(
    `${AT_ONCE} sessions at once, 20 turns each   ${figure(a ?? 0, 0)} ms folding in the background, ${figure(b ?? 0, 0)} ms never, ` +
      `ratio ${figure((a ?? Number.NaN) / (b ?? Number.NaN))}; ${folded} of ${(ROUNDS + 1) * AT_ONCE} folded at the end`,
  );
}

async function foldedSessions(sessions: SummarizingSessionService, count: number): Promise<number> {
  let folded = 0;
  for (let at = 0; at < count; at++) {
    const key = { appName: "bench", userId: "user", sessionId: String(at) };
    if ((await sessions.listSummaries(key)).length > 0) folded++;
  }
  return folded;
}

/** What folding in the background costs those who do not wait for it. */
export async function benchBackground(): Promise<void> {
  await benchTurns();
  await benchAtOnce();
}
