import { appendFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { approximateCounter, type SummarizeOutcome, withSummaries } from "@sessionfold/core";
import { openPlace } from "../../crash/support/place.ts";
import { readingSummarizer } from "../../crash/support/reading-summarizer.ts";
import { surely } from "../../crash/support/surely.ts";
import { hearing, tell } from "../../crash/support/telling.ts";
import type { RacerJob, RacerTold, SummarizerCall } from "./race-told.ts";
import { said } from "./said.ts";

/** A process that says its part of a conversation while others say theirs, and folds what is due. */

/** As long as a short call of a model takes; others have time to come in between. */
const CALL_MS = 40;
const say: (line: RacerTold) => void = tell;

const next = hearing();
say({ kind: "ready" });
const { place, key, name, turns, mode, leaseMs, calls } = (await next()) as RacerJob;

/** Notes in one file when calls begin and end, by the clock that all processes of a machine share. */
function note(what: SummarizerCall["what"]): void {
  const call: SummarizerCall = { name, what, at: String(process.hrtime.bigint()) };
  appendFileSync(calls, `${JSON.stringify(call)}\n`);
}

const store = await surely(() => openPlace(place));
const sessions = withSummaries(store, {
  mode,
  summarizer: readingSummarizer(async () => {
    note("begun");
    await sleep(CALL_MS * (0.5 + Math.random()));
    note("ended");
  }),
  trigger: ({ userEvents }) => userEvents >= 6,
  keep: { turns: 2 },
  tokenCounter: approximateCounter(),
  limit: false,
  leaseMs,
  logger: { warn: () => undefined },
  onOutcome: (outcome) => say({ kind: "outcome", outcome: nameOf(outcome) }),
});
for (const [at, event] of said(name, turns).entries()) {
  const { seq } = await surely(() => sessions.appendEvent({ session: key, event }));
  say({ kind: "appended", id: event.id ?? "", seq });
  // What others say must be seen between what this one says.
  if (at % 5 === 0) await surely(() => sessions.getSession(key));
}
await sessions.close();
await store.close();
say({ kind: "done" });
process.exitCode = 0;
process.stdin.destroy();

function nameOf(outcome: SummarizeOutcome): string {
  if (outcome.kind === "summarized") return "summarized";
  return outcome.kind === "skipped" ? outcome.reason : `failed ${outcome.error.code}`;
}
