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
import { count } from "./numbers.ts";
import type { DemoOptions } from "./options.ts";

/** When to fold and what to keep, with words for it. */
export interface Policy {
  readonly options: SessionSummarizerOptions;
  readonly description: string;
}

/** Lower marks than a real agent would use, so that a transcript of a few pages shows several folds. */
const FILE_DEFAULTS = { triggerTokens: 4000, keepTurns: 4, keepTokens: 2000, maxSummaryLength: 1000 };
const SAMPLE_DEFAULTS = { triggerTokens: 800, keepTurns: 4, keepTokens: 400, maxSummaryLength: 800 };

/** The policy of the command line: the preset or the demo's own, with parts replaced. */
export function policyOf(asked: DemoOptions): Policy {
  const defaults = asked.file === undefined ? SAMPLE_DEFAULTS : FILE_DEFAULTS;
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
