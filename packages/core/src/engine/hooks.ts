import { z } from "zod";
import { copyEvent, createEvent, type EventInput } from "../events/create-event.ts";
import type { SessionEvent } from "../events/session-event.ts";
import type { Clock } from "../shared/clock.ts";
import { ConfigurationError, errorName, SummarizeError } from "../shared/errors.ts";
import { describe } from "../shared/validate.ts";
import type { SessionSummary } from "../summaries/session-summary.ts";
import { UnusableAnswer } from "../summarizers/resilience/usable-answer.ts";

/** What is about to be summarised. All of it is the hook's to keep or change: the session has its own. */
export interface BeforeSummarize {
  readonly sessionId: string;
  readonly scope: string | undefined;
  readonly events: readonly SessionEvent[];
  /** Summaries whose place the new one takes. */
  readonly previous: readonly SessionSummary[];
  /** The events as the summarizer would read them. */
  readonly text: string;
  /** Aborted at the deadline and when the caller gives up. */
  readonly signal: AbortSignal;
}

/** What is read instead: other events, which are written as text again, or another text, not both. */
export interface BeforeSummarizeEdit {
  readonly events?: readonly EventInput[] | undefined;
  readonly text?: string | undefined;
}

/** What was written. */
export interface AfterSummarize {
  readonly sessionId: string;
  readonly scope: string | undefined;
  /** The summary, checked and cut to its limit. */
  readonly text: string;
  readonly events: readonly SessionEvent[];
  readonly previous: readonly SessionSummary[];
  readonly signal: AbortSignal;
}

/** What becomes of the summary: another text, data to keep with it, or nothing at all. */
export interface AfterSummarizeEdit {
  readonly text?: string | undefined;
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  /** True: the summary is not committed; the outcome is `skipped`, `vetoed`. */
  readonly veto?: boolean | undefined;
}

/** Calls around the writing of a summary. They run within its time limit. */
export interface SummarizeHooks {
  /**
   * Called before the summarizer; may edit what it reads. Nothing returned: it reads what there is. With such a hook a
   * summarizer gets no `history`: what the hook took out of an earlier fold must not be read again, so `extractive()`
   * builds on its previous summary.
   */
  readonly before?:
    | ((input: BeforeSummarize) => BeforeSummarizeEdit | undefined | Promise<BeforeSummarizeEdit | undefined>)
    | undefined;
  /** Called before the commit; may edit the summary or veto it. Nothing returned: it is committed as it is. */
  readonly after?:
    | ((input: AfterSummarize) => AfterSummarizeEdit | undefined | Promise<AfterSummarizeEdit | undefined>)
    | undefined;
  /**
   * What a hook that fails does: `fail` (default) fails the summarisation, `continue` warns and goes on as if there were no
   * hook. To return what is no edit, or a text that cannot be a summary, is to fail.
   * A hook that redacts must fail closed.
   */
  readonly onError?: "fail" | "continue" | undefined;
}

const aFunction = <T>() => z.custom<T>((value) => typeof value === "function", { error: "a function" });

/** Checks hooks. */
export const hooksSchema: z.ZodType<SummarizeHooks> = z.strictObject(
  {
    before: aFunction<NonNullable<SummarizeHooks["before"]>>().optional(),
    after: aFunction<NonNullable<SummarizeHooks["after"]>>().optional(),
    onError: z.enum(["fail", "continue"], { error: '"fail" or "continue"' }).optional(),
  },
  { error: "an object with before, after or onError" },
);

/** A hook did not want the summary. */
export class Vetoed extends Error {}

/** Told of a hook that failed and was passed over. */
type Warn = (sessionId: string, message: string) => void;

/** Calls the hook before; its edit, checked. Undefined where there is none. */
export async function callBefore(
  hooks: SummarizeHooks,
  input: BeforeSummarize,
  { clock, warn }: { readonly clock: Clock; readonly warn: Warn },
): Promise<{ readonly events: readonly SessionEvent[] } | { readonly text: string } | undefined> {
  const { before } = hooks;
  if (before === undefined) return undefined;
  return guarded({ hooks, name: "before", warn }, input, async () => {
    const { events, text } = fieldsOf("before", await before(copyOf(input)), ["events", "text"]);
    if (events !== undefined && text !== undefined)
      throw new ConfigurationError("Expected `hooks.before` to return `events` or a `text`, got both");
    if (text !== undefined) {
      if (typeof text === "string") return { text };
      throw new ConfigurationError(`Expected \`hooks.before\` to return a \`text\`, got ${describe(text)}`);
    }
    if (events === undefined) return undefined;
    if (!Array.isArray(events))
      throw new ConfigurationError(
        `Expected \`hooks.before\` to return a list of \`events\`, got ${describe(events)}`,
      );
    return { events: events.map((event: EventInput, at) => createEvent(event, at, clock)) };
  });
}

/** What is done with an edit of the hook after. */
export interface EditSteps {
  /** The same edit, redacted. Where that fails, so does the summarisation, whatever `onError` says. */
  readonly redacted: (edit: AfterSummarizeEdit) => Promise<AfterSummarizeEdit>;
  /** The text as it may be committed; throws when it cannot be. */
  readonly checked: (text: string) => string;
  readonly warn: Warn;
}

/**
 * Calls the hook after; its edit, redacted and checked.
 * @throws Vetoed
 */
export async function callAfter(
  hooks: SummarizeHooks,
  input: AfterSummarize,
  { redacted, checked, warn }: EditSteps,
): Promise<AfterSummarizeEdit> {
  const { after } = hooks;
  if (after === undefined) return {};
  const hook = { hooks, name: "after", warn } as const;
  const edit = await guarded(hook, input, async () => checkedEdit(await after(copyOf(input))));
  if (edit === undefined) return {};
  if (edit.veto === true) throw new Vetoed();
  const { text, metadata } = await redacted(edit);
  if (text === undefined) return { metadata };
  const usable = await guarded(hook, input, async () => checked(text));
  return usable === undefined ? {} : { text: usable, metadata };
}

function checkedEdit(edit: unknown): AfterSummarizeEdit {
  const { text, metadata, veto } = fieldsOf("after", edit, ["text", "metadata", "veto"]);
  const expected = (what: string, given: unknown): ConfigurationError =>
    new ConfigurationError(`Expected \`hooks.after\` to return ${what}, got ${describe(given)}`);
  if (text !== undefined && typeof text !== "string") throw expected("a `text`", text);
  if (metadata !== undefined && !isFields(metadata)) throw expected("an object as `metadata`", metadata);
  if (veto !== undefined && typeof veto !== "boolean") throw expected("true or false as `veto`", veto);
  return { text, metadata, veto };
}

/** What a hook is handed is its own; summaries cannot be changed. */
function copyOf<T extends BeforeSummarize | AfterSummarize>(input: T): T {
  return { ...input, events: input.events.map(copyEvent), previous: [...input.previous] };
}

async function guarded<T>(
  {
    hooks: { onError = "fail" },
    name,
    warn,
  }: { readonly hooks: SummarizeHooks; readonly name: "before" | "after"; readonly warn: Warn },
  { sessionId, signal }: BeforeSummarize | AfterSummarize,
  work: () => Promise<T | undefined>,
): Promise<T | undefined> {
  try {
    return await work();
  } catch (cause) {
    signal.throwIfAborted();
    const which = name === "before" ? "pre-summary" : "post-summary";
    if (onError === "continue") {
      warn(sessionId, `the ${which} hook failed (${errorName(cause)}) and was passed over`);
      return undefined;
    }
    const why =
      cause instanceof UnusableAnswer
        ? `: what it returned is no summary (${cause.code})`
        : cause instanceof ConfigurationError
          ? `: ${cause.message}`
          : "";
    throw new SummarizeError("hook-failed", `The ${which} hook failed${why}`, sessionId, { cause });
  }
}

/** The fields of an edit. One that nobody knows would be ignored without a word. */
function fieldsOf(name: string, edit: unknown, known: readonly string[]): Readonly<Record<string, unknown>> {
  if (edit === undefined || edit === null) return {};
  if (!isFields(edit))
    throw new ConfigurationError(
      `Expected \`hooks.${name}\` to return an object or nothing, got ${describe(edit)}`,
    );
  if (Object.keys(edit).every((field) => known.includes(field))) return edit;
  throw new ConfigurationError(
    `Expected \`hooks.${name}\` to return nothing but ${known.join(", ")}, got ${describe(edit)}`,
  );
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
