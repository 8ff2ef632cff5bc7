import { extractive } from "@sessionfold/core";
import type { Transcript } from "./formats/transcript.ts";
import { openAiModel } from "./model.ts";
import { plural } from "./numbers.ts";
import { withStore } from "./open-store.ts";
import { type DemoOptions, HELP, parseOptions } from "./options.ts";
import { policyOf } from "./policy.ts";
import { failureLines, foldTable, keptLine, sessionLine, summaryTexts, totalsLine } from "./print.ts";
import { windowText } from "./print-window.ts";
import { startProgress } from "./progress.ts";
import { readTranscripts } from "./read-transcript.ts";
import { createReplayer, type Replayed, type Replayer } from "./replay.ts";
import { sampleChat } from "./sample-chat.ts";
import { chooseSessions } from "./sessions.ts";
import { UserError } from "./user-error.ts";

/** Above so many sessions each gets a line and its summaries, and only the last its table and window. */
const FEW_SESSIONS = 5;

async function main(args: readonly string[]): Promise<void> {
  const options = parseOptions(args);
  if (options.help) return print(HELP.trimEnd());
  const writer =
    options.model === undefined
      ? { summarizer: extractive() }
      : { model: await openAiModel(options.model, process.env) };
  // The whole file is read and checked before the first event is replayed.
  const transcripts = await transcriptsFor(options);
  const chosen = chooseSessions(transcripts, options.session);
  const policy = policyOf(options, chosen);

  await withStore(options.store, async (service) => {
    print(`Source: ${sourceOf(options, transcripts, chosen)}`);
    print(`Policy: ${policy.description}; written by ${options.model ?? "extractive(), without a model"}\n`);
    await replayAll(chosen, createReplayer({ ...policy.options, ...writer }, service), options.store);
  });
}

async function replayAll(transcripts: readonly Transcript[], replayer: Replayer, store: string | undefined) {
  const progress = startProgress(process.stderr);
  const startedAt = performance.now();
  const total = transcripts.reduce((sum, { events }) => sum + events.length, 0);
  const all: Replayed[] = [];
  let done = 0;
  for (const transcript of transcripts) {
    const replayed = await replayer.replay(transcript, () => {
      done++;
      progress.report(() => `replayed ${done} of ${plural(total, "event")}`);
    });
    progress.clear();
    // Windows of sessions that are printed need not be kept.
    all.push({ ...replayed, window: [] });
    const isLast = all.length === transcripts.length;
    if (transcripts.length > FEW_SESSIONS) printBriefly(replayed, `[${all.length}/${transcripts.length}]`);
    if (transcripts.length <= FEW_SESSIONS || isLast) {
      if (transcripts.length > 1) print(`\n=== ${replayed.id} ===\n`);
      printWhole(replayed, transcripts.length <= FEW_SESSIONS);
    }
  }
  if (store !== undefined) print(keptLine(all, store));
  print(totalsLine(all, performance.now() - startedAt));
}

function printBriefly(replayed: Replayed, position: string): void {
  print(sessionLine(replayed, position));
  if (replayed.failures.length > 0) print(failureLines(replayed));
  if (replayed.folds.length > 0) print(`\n${summaryTexts(replayed)}\n`);
}

function printWhole(replayed: Replayed, withSummaries: boolean): void {
  print(`${foldTable(replayed)}\n`);
  if (withSummaries && replayed.folds.length > 0) print(`${summaryTexts(replayed)}\n`);
  print(`${windowText(replayed)}\n`);
}

async function transcriptsFor({ file }: DemoOptions): Promise<readonly Transcript[]> {
  return file === undefined ? [sampleChat()] : readTranscripts(file);
}

function sourceOf({ file }: DemoOptions, all: readonly Transcript[], chosen: readonly Transcript[]): string {
  const name = file ?? "our own sample chat (a transcript of yours: npm run demo -- FILE, see --help)";
  const [only] = chosen;
  if (chosen.length === 1 && all.length > 1) return `${name}, session ${only?.id} of ${all.length}`;
  return all.length > 1 ? `${name}, ${all.length} sessions` : name;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

// A reader that has seen enough (`| head`) is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = error.exitCode;
}
