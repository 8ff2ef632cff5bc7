import { setImmediate as nextTurn } from "node:timers/promises";
import { type Summarizer, withSummaries } from "@sessionfold/core";
import { figure, heapBytes } from "../measure.ts";
import type { BenchedStore } from "./benched-stores.ts";
import { said } from "./long-session.ts";

const EVENTS = 100;
const AT_ONCE = 16;
const REPORTS = 10;

/** Writes at once what a model would. */
const summarizer: Summarizer = {
  name: "bench",
  model: "bench",
  summarize: async ({ events }) => ({ text: `A summary of ${events.length} events about parcels.` }),
};

/** Many sessions, each grown by turns and folded as it goes: what they have left must not stay in the memory of the process. */
export async function soak({ name, service }: BenchedStore, sessions: number): Promise<void> {
  let folds = 0;
  const decorated = withSummaries(service, {
    summarizer,
    trigger: ({ userEvents }) => userEvents >= 10,
    keep: { turns: 5 },
    maxCachedSessions: 100,
    onOutcome: ({ kind }) => {
      if (kind === "summarized") folds++;
    },
  });
  const heaps: number[] = [];
  const start = performance.now();
  let next = 0;
  const one = async (): Promise<void> => {
    for (let at = next++; at < sessions; at = next++) {
      const session = { appName: "bench", userId: "soak", sessionId: `soak-${at}` };
      await decorated.createSession(session);
      for (let event = 0; event < EVENTS; event++) {
        await decorated.appendEvent({ session, event: said(event) });
        // A model is asked between two turns, and lets other work go on.
        if (event % 2 === 1) await nextTurn();
      }
      if ((at + 1) % Math.ceil(sessions / REPORTS) === 0) {
        heaps.push(heapBytes());
        console.log(
          `${name}: soak, ${figure(at + 1, 0)} sessions   ${figure((performance.now() - start) / 1000, 0)} s   ` +
            `heap ${figure((heaps.at(-1) ?? 0) / 2 ** 20, 1)} MB   rss ${figure(process.memoryUsage().rss / 2 ** 20, 0)} MB`,
        );
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
  await decorated.flush();
  await decorated.close();
  const seconds = (performance.now() - start) / 1000;
  const [first = Number.NaN] = heaps;
  console.log(
    `${name}: soak of ${figure(sessions, 0)} sessions x ${EVENTS} events   ${figure((sessions * EVENTS) / seconds, 0)} appends a second   ` +
      `${figure(folds, 0)} folds   heap at the end / after a tenth ${figure((heaps.at(-1) ?? 0) / first)}`,
  );
}
