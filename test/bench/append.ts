import { type EventInput, InMemorySessionService, tokenThreshold, withSummaries } from "@sessionfold/core";
import { stubSummarizer } from "../support/stub-summarizer.ts";
import { figure, median } from "./measure.ts";

const SIZES = [100, 10_000, 100_000];
const BATCH = 200;
const ROUNDS = 15;

function event(at: number): EventInput {
  return {
    id: `event-${at}`,
    author: at % 2 === 0 ? "user" : "agent",
    message: `line ${at} of a conversation about the weather`,
    timestamp: at,
  };
}

/**
 * Cost of one append through the decorator in sessions of growing length, nothing folded (the harder case: all events
 * are visible) and folding every so often. Batches at the three sizes take turns, so that a slow moment of the machine
 * hits all of them.
 */
export async function benchAppend(): Promise<void> {
  for (const folds of [false, true]) {
    const sized = await Promise.all(
      SIZES.map(async (size) => {
        const sessions = withSummaries(new InMemorySessionService(), {
          summarizer: stubSummarizer("S"),
          mode: folds ? "inline" : "manual",
          trigger: tokenThreshold(4000),
          keep: { turns: 10, maxTokens: 2000 },
        });
        const session = await sessions.createSession({
          appName: "bench",
          userId: "user",
          sessionId: String(size),
        });
        for (let at = 0; at < size; at++) await sessions.appendEvent({ session, event: event(at) });
        return { size, sessions, session, next: size, batches: [] as number[] };
      }),
    );
    for (let round = 0; round < ROUNDS; round++) {
      for (const it of sized) {
        const start = performance.now();
        for (let at = 0; at < BATCH; at++)
          await it.sessions.appendEvent({ session: it.session, event: event(it.next++) });
        it.batches.push(((performance.now() - start) * 1000) / BATCH);
      }
    }
    const costs = sized.map(({ batches }) => median([...batches].sort((a, b) => a - b)));
    const row = sized
      .map(({ size }, at) => `${size.toLocaleString("en-US")}: ${figure(costs[at] ?? 0, 1)} us`)
      .join("   ");
    const flat = Math.max(...costs) / Math.min(...costs);
    console.log(
      `append, ${folds ? "folding at 4,000 tokens" : "never folded"}   ${row}   largest / smallest ${figure(flat)}`,
    );
  }
}
