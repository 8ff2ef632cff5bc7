import type { AIMessage } from "@langchain/core/messages";
import {
  anyOf,
  conversationThreshold,
  eventCountThreshold,
  type KeepPolicy,
  presets,
  type SessionSummarizerOptions,
  type Trigger,
  tokenThreshold,
} from "@sessionfold/core";
import type { Transcript, TranscriptEvent } from "./formats/transcript.ts";
import { count } from "./numbers.ts";
import type { DemoOptions } from "./options.ts";

/** When to fold and what to keep, with words for it. */
export interface Policy {
  readonly options: SessionSummarizerOptions;
  readonly description: string;
}

const SAMPLE_DEFAULTS = { triggerTokens: 800, keepTurns: 4, keepTokens: 400, maxSummaryLength: 800 };
const FILE_DEFAULTS = { keepTurns: 4, maxSummaryLength: 1000 };
/** Marks in tokens; the last is that of `presets.chat`. */
const MARKS = [1000, 2000, 4000, 8000, 16_000] as const;
/** The longest session of a file should fill its mark about so often: enough to see, not too much to read. */
const FILLS = 8;
const CHARACTERS_PER_TOKEN = 4;

/**
 * The policy of the command line: the preset or the demo's own, with parts replaced. The demo's own mark depends on how
 * long the sessions are, so that short ones fold at all and long ones do not fold in every turn.
 */
export function policyOf(asked: DemoOptions, transcripts: readonly Transcript[]): Policy {
  const defaults = asked.file === undefined ? SAMPLE_DEFAULTS : fileDefaults(transcripts);
  const ownTrigger = triggerOf(asked);
  const ownKeep = keepOf(asked);
  const base: SessionSummarizerOptions =
    asked.preset === undefined ? { maxSummaryLength: defaults.maxSummaryLength } : presets[asked.preset]();
  const trigger = ownTrigger ?? (asked.preset === undefined ? triggerOf(defaults) : undefined);
  const keep = ownKeep ?? (asked.preset === undefined ? keepOf(defaults) : undefined);
  const options: SessionSummarizerOptions = {
    ...base,
    ...(trigger && { trigger: trigger.trigger }),
    ...(keep && { keep: keep.keep }),
    ...(asked.maxSummaryLength !== undefined && { maxSummaryLength: asked.maxSummaryLength }),
  };
  const { maxSummaryLength } = options;
  const parts = [
    asked.preset === undefined ? "" : `presets.${asked.preset}()`,
    trigger === undefined ? "" : `fold at ${trigger.words}`,
    keep === undefined ? "" : `keep ${keep.words}`,
    maxSummaryLength === null || maxSummaryLength === undefined
      ? ""
      : `summaries of at most ${count(maxSummaryLength)} characters`,
  ];
  return { options, description: parts.filter((part) => part !== "").join("; ") };
}

function fileDefaults(transcripts: readonly Transcript[]) {
  const longest = transcripts.reduce((most, { events }) => Math.max(most, roughTokens(events)), 0);
  const triggerTokens = MARKS.findLast((mark) => mark <= longest / FILLS) ?? MARKS[0];
  return { ...FILE_DEFAULTS, triggerTokens, keepTokens: triggerTokens / 2 };
}

/** Good enough to choose a mark; counting exactly would take as long as the replay. */
function roughTokens(events: readonly TranscriptEvent[]): number {
  const characters = events.reduce((sum, { message }) => {
    const calls = (message as AIMessage).tool_calls ?? [];
    return sum + message.text.length + (calls.length === 0 ? 0 : JSON.stringify(calls).length);
  }, 0);
  return characters / CHARACTERS_PER_TOKEN;
}

function triggerOf(
  asked: Partial<Pick<DemoOptions, "triggerTokens" | "triggerTurns" | "triggerEvents">>,
): { readonly trigger: Trigger; readonly words: string } | undefined {
  const { triggerTokens, triggerTurns, triggerEvents } = asked;
  const triggers: Trigger[] = [];
  const words: string[] = [];
  if (triggerTokens !== undefined) {
    triggers.push(tokenThreshold(triggerTokens));
    words.push(`${count(triggerTokens)} tokens`);
  }
  if (triggerTurns !== undefined) {
    triggers.push(conversationThreshold(triggerTurns));
    words.push(`${count(triggerTurns)} turns`);
  }
  if (triggerEvents !== undefined) {
    triggers.push(eventCountThreshold(triggerEvents));
    words.push(`${count(triggerEvents)} events`);
  }
  const [only] = triggers;
  if (only === undefined) return undefined;
  return { trigger: triggers.length === 1 ? only : anyOf(triggers), words: words.join(" or ") };
}

function keepOf(
  asked: Partial<Pick<DemoOptions, "keepTurns" | "keepEvents" | "keepTokens">>,
): { readonly keep: KeepPolicy; readonly words: string } | undefined {
  const { keepTurns: turns, keepEvents: events, keepTokens: tokens } = asked;
  if (turns === undefined && events === undefined) {
    return tokens === undefined ? undefined : { keep: { tokens }, words: `the last ${count(tokens)} tokens` };
  }
  const cap = tokens === undefined ? "" : `, at most ${count(tokens)} tokens`;
  const limit = tokens === undefined ? {} : { maxTokens: tokens };
  if (turns !== undefined)
    return { keep: { turns, ...limit }, words: `the last ${count(turns)} turns${cap}` };
  if (events !== undefined)
    return { keep: { events, ...limit }, words: `the last ${count(events)} events${cap}` };
  return undefined;
}
