import type { StructuredToolInterface, ToolRuntime } from "@langchain/core/tools";
import {
  eventFromJson,
  FoldedLog,
  keyOf,
  type SessionKey,
  type SessionRef,
  type SessionService,
  validate,
} from "@sessionfold/core";
import { z } from "zod";
import { makeTools } from "./make-tools.ts";
import { recallEntries } from "./recall-entries.ts";
import { type RecallOptions, recallShape, resolveRecallOptions } from "./recall-options.ts";

/** Options of `recallTools`. */
export interface RecallToolsOptions extends RecallOptions {
  /**
   * Whose session the tools read, from the run that calls them (its `context`, its `configurable`): never from what the
   * model asks for. What it throws ends the call.
   */
  readonly key: (runtime: ToolRuntime) => SessionRef | Promise<SessionRef>;
}

const optionsSchema = z.strictObject(
  {
    ...recallShape,
    key: z.custom<RecallToolsOptions["key"]>((value) => typeof value === "function", { error: "a function" }),
  },
  { error: "an object with a function `key`" },
) as z.ZodType<RecallToolsOptions>;

const serviceSchema: z.ZodType<SessionService> = z.custom<SessionService>(
  (value) => typeof (value as Partial<SessionService> | null)?.getSession === "function",
  { error: "a session service" },
);

/**
 * Two tools by which an agent reads the whole of its session, folded or not: `search_history` and `load_messages`.
 * What they quote is fenced and labelled as an untrusted record, and bounded; what the model asks for wrongly is answered.
 * Skipped events stay unread.
 * @throws ConfigurationError that names the option, what was expected and what came.
 */
export function recallTools(
  sessions: SessionService,
  options: RecallToolsOptions,
): readonly [StructuredToolInterface, StructuredToolInterface] {
  validate(serviceSchema, sessions, "sessions");
  const { key, ...rest } = validate(optionsSchema, options);
  const resolved = resolveRecallOptions(rest);
  const own = [resolved.searchName, resolved.loadName];
  return makeTools(async (runtime) => {
    const session: SessionKey = keyOf(await key(runtime));
    const found = await sessions.getSession({ ...session, view: "full" });
    return recallEntries(FoldedLog.of((found?.events ?? []).map(eventFromJson)), own);
  }, resolved);
}
