import { type SessionKey, type Summarizer, withSummaries } from "@sessionfold/core";
import { figure, median } from "../measure.ts";
import type { BenchedStore } from "./benched-stores.ts";
import { longSession } from "./long-session.ts";

const READS = 200;

/** Reads the window of each session as a process does that has not seen it, in turn, so that noise meets all alike. */
export async function measureWindows(
  { name, service }: BenchedStore,
  lengths: readonly number[],
): Promise<void> {
  const keys = new Map<number, SessionKey>();
  for (const length of lengths) {
    const key = { appName: "bench", userId: "user", sessionId: `long-${length}` };
    keys.set(length, key);
    const session = longSession(key, length);
    const imported = await timed(() => service.importSession(session));
    // The first read folds the whole log, and has the store keep what came of it.
    const first = await timed(() => fresh().getSession(key));
    console.log(
      `${name}: a session of ${figure(length, 0)} events   import ${figure(imported, 0)} ms   first read ${figure(first, 0)} ms`,
    );
  }

  const times = new Map<number, number[]>(lengths.map((length) => [length, []]));
  for (let read = 0; read < READS; read++) {
    for (const [length, key] of keys) {
      const decorated = fresh();
      times.get(length)?.push(await timed(() => decorated.getSession(key)));
    }
  }
  const medians = lengths.map((length) => median((times.get(length) ?? []).sort((a, b) => a - b)));
  const shortest = medians[0] ?? Number.NaN;
  for (const [at, length] of lengths.entries()) {
    const took = medians[at] ?? Number.NaN;
    console.log(
      `${name}: window of a session of ${figure(length, 0)} events   ${figure(took)} ms   ratio ${figure(took / shortest)}`,
    );
  }

  function fresh() {
    return withSummaries(service, { summarizer, mode: "manual" });
  }
}

/** As a model writes, which reads no history. It is never asked here: no session is folded. */
const summarizer: Summarizer = {
  name: "bench",
  model: "bench",
  summarize: () => Promise.reject(new Error("Expected no call")),
};

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
