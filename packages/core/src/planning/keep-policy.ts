import { z } from "zod";
import type { SessionEvent } from "../events/session-event.ts";

/** Limits that every form of keep policy shares. */
interface KeepLimits {
  /** The kept tail never has more tokens, whatever else was asked; what must stay (see `planFold`) stays even so. */
  readonly maxTokens?: number | undefined;
  /**
   * Where the tail may begin: at the start of a turn (default; the tail then grows backwards, never below what was
   * asked), or at any message or tool round.
   */
  readonly align?: "turn" | "round" | undefined;
}

/** Keeps the last so many turns. */
export interface KeepTurns extends KeepLimits {
  readonly turns: number;
}

/** Keeps the last so many events, skipped ones not counted. */
export interface KeepEvents extends KeepLimits {
  readonly events: number;
}

/** Keeps as many of the last events as fit into so many tokens. */
export interface KeepTokens {
  readonly tokens: number;
  readonly maxTokens?: number | undefined;
}

/** Says how many of the last events stay. It sees the visible events behind the leading system events. */
export type KeepFunction = (events: readonly SessionEvent[]) => number;

/** What stays verbatim at the end of the window. */
export type KeepPolicy = KeepTurns | KeepEvents | KeepTokens | KeepFunction;

/** 10 turns, but never more than 8,000 tokens. */
export const DEFAULT_KEEP: KeepTurns = { turns: 10, maxTokens: 8000 };

const count = z.int({ error: "an integer >= 0" }).min(0, { error: "an integer >= 0" });
const cap = z
  .number({ error: "a number of tokens above 0" })
  .positive({ error: "a number of tokens above 0" })
  .optional();
const align = z.enum(["turn", "round"], { error: '"turn" or "round"' }).optional();

const turnsSchema = z.strictObject({ turns: count, maxTokens: cap, align });
const eventsSchema = z.strictObject({ events: count, maxTokens: cap, align });
const tokensSchema = z.strictObject({ tokens: count, maxTokens: cap });
const functionSchema = z.custom<KeepFunction>((value) => typeof value === "function");
const FORMS = "{ turns }, { events }, { tokens } or a function";

/** Checks the option `keep`. */
export const keepSchema: z.ZodType<KeepPolicy> = z.unknown().transform((value, context): KeepPolicy => {
  const form =
    typeof value === "object" && value !== null
      ? "turns" in value
        ? turnsSchema
        : "events" in value
          ? eventsSchema
          : "tokens" in value
            ? tokensSchema
            : undefined
      : typeof value === "function"
        ? functionSchema
        : undefined;
  if (form === undefined) {
    context.addIssue({ code: "custom", message: FORMS, path: [] });
    return z.NEVER;
  }
  const result = form.safeParse(value);
  if (result.success) return result.data;
  for (const issue of result.error.issues) context.addIssue({ ...issue, path: issue.path } as never);
  return z.NEVER;
});
