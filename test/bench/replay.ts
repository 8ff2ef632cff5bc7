import {
  type EventInput,
  InMemorySessionService,
  SessionSummarizer,
  type TokenCounter,
  tiktokenCounter,
  tokenThreshold,
  withSummaries,
} from "@sessionfold/core";
import { Tiktoken } from "js-tiktoken/lite";
import o200k from "js-tiktoken/ranks/o200k_base";
import { hasSet, loadSet } from "../support/shared-data.ts";
import { stubSummarizer } from "../support/stub-summarizer.ts";
import { figure, median } from "./measure.ts";

const ROUNDS = 7;

/**
 * A whole replay, folding included, against tokenising every event exactly once. The counter is the same; what the
 * product adds is everything else it does.
 */
export async function benchReplay(): Promise<void> {
  if (!hasSet("pi")) {
    console.log("replay against tokenising once: skipped, the transcripts are not here (SESSIONFOLD_DATA)");
    return;
  }
  const [transcript] = await loadSet("pi");
  const events = (transcript?.events ?? []) as readonly EventInput[];
  const counter = tiktokenCounter();
  counter.count("warm up");
  const texts: string[] = [];
  const recording: TokenCounter = {
    ...counter,
    count: (text) => {
      texts.push(text);
      return counter.count(text);
    },
  };
  await replay(events, recording);
  const plain = new Tiktoken(o200k);
  const replays: number[] = [];
  const counts: number[] = [];
  const plainCounts: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    let start = performance.now();
    await replay(events, counter);
    replays.push(performance.now() - start);
    start = performance.now();
    for (const text of texts) counter.count(text);
    counts.push(performance.now() - start);
    start = performance.now();
    for (const text of texts) plain.encode(text, [], []);
    plainCounts.push(performance.now() - start);
  }
  const whole = median(replays.sort((a, b) => a - b));
  for (const [name, measured] of [
    ["js-tiktoken as it is", plainCounts],
    ["our counter, which remembers words", counts],
  ] as const) {
    const once = median(measured.sort((a, b) => a - b));
    const figures = `${figure(whole, 0)} ms, tokenising each event once ${figure(once, 0)} ms, ratio ${figure(whole / once)}`;
    console.log(`replay of pi (${events.length} events) against ${name}   ${figures}`);
  }
}

async function replay(events: readonly EventInput[], tokenCounter: TokenCounter): Promise<void> {
  const summarizer = new SessionSummarizer({
    summarizer: stubSummarizer("S"),
    trigger: tokenThreshold(16_000),
    keep: { tokens: 8000 },
    tokenCounter,
  });
  const sessions = withSummaries(new InMemorySessionService(), { summarizer, mode: "inline" });
  const session = await sessions.createSession({ appName: "bench", userId: "user", sessionId: "replay" });
  for (const event of events) await sessions.appendEvent({ session, event });
}
