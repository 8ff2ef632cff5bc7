import { ConfigurationError, validate } from "@sessionfold/core";
import { z } from "zod";

/** What is said, as an event of the given id. */
export interface SaidFields {
  /** Id of the event. Absent: the trajectory's own, by its place. */
  readonly id?: string | undefined;
  /** Who says it; default "user". */
  readonly author?: string | undefined;
  /** What is said. */
  readonly text: string;
}

/** One operation of a trajectory. Every event has an id and a time that follow from its place alone. */
export type ReplayOperation =
  /** Makes the session, with its first state. Always the first operation. */
  | { readonly op: "create_session"; readonly state?: Readonly<Record<string, unknown>> | undefined }
  /** Appends what somebody says. */
  | (SaidFields & {
      readonly op: "append_event";
      /** Milliseconds from the time that its place gives it, before or after. */
      readonly shiftMs?: number | undefined;
      /** A piece of a stream, which no store keeps. */
      readonly partial?: boolean | undefined;
      readonly pinned?: boolean | undefined;
      readonly skipSummarization?: boolean | undefined;
    })
  /** An agent calls a tool. */
  | {
      readonly op: "function_call";
      readonly id?: string | undefined;
      readonly author?: string | undefined;
      readonly call: string;
      readonly name: string;
      readonly args?: Readonly<Record<string, unknown>> | undefined;
    }
  /** The tool answers. */
  | {
      readonly op: "function_response";
      readonly id?: string | undefined;
      readonly call: string;
      readonly name: string;
      readonly text: string;
    }
  /** Changes the state, by an event that says nothing. */
  | {
      readonly op: "update_state";
      readonly id?: string | undefined;
      readonly state: Readonly<Record<string, unknown>>;
    }
  /** Something to remember: an append that a search finds. */
  | (SaidFields & { readonly op: "memory_store" })
  /** Searches the session, latest first. */
  | { readonly op: "memory_search"; readonly query: string; readonly limit?: number | undefined }
  /** Folds the session, whose first summary it must be. */
  | FoldOperation<"create_summary">
  /** Folds it further: there must be a summary. */
  | FoldOperation<"update_summary">
  /**
   * Appends to a back-end that fails: `before` it stores anything (default), or `after`, when only the acknowledgement is
   * lost.
   */
  | (SaidFields & { readonly op: "fail_before_commit"; readonly when?: "before" | "after" | undefined })
  /** Sends an event once more, under its id; default: that of the latest append that failed. */
  | {
      readonly op: "retry_event";
      readonly id?: string | undefined;
      /** By another process that has just opened the store. */
      readonly afterRestart?: boolean | undefined;
    };

/** Folds the session now. */
export interface FoldOperation<Op extends string> {
  readonly op: Op;
  /** How many of the last turns stay; default 1. */
  readonly keepTurns?: number | undefined;
  /** Longest summary in characters; what is longer is cut. Default: none. */
  readonly maxLength?: number | undefined;
  /** The back-end fails at the summary: before it stores it, or after. */
  readonly fails?: "before" | "after" | undefined;
  /** Where there is nothing to fold, or nothing would be gained, the trajectory goes on. Otherwise that is a failure. */
  readonly optional?: boolean | undefined;
}

/** Operations on one session, to be played on any store. */
export interface Trajectory {
  readonly name: string;
  readonly operations: readonly ReplayOperation[];
}

const text = z.string({ error: "a text" });
const name = z.string({ error: "a text" }).min(1, { error: "a text with something in it" });
const json = z.custom<Readonly<Record<string, unknown>>>(
  (value) => typeof value === "object" && value !== null && !Array.isArray(value),
  { error: "an object" },
);
const count = z.int({ error: "an integer >= 0" }).min(0, { error: "an integer >= 0" });
const above = z.int({ error: "an integer above 0" }).min(1, { error: "an integer above 0" });
const when = z.enum(["before", "after"], { error: '"before" or "after"' });
const said = { id: name.optional(), author: name.optional(), text };
const fold = {
  keepTurns: count.optional(),
  maxLength: above.optional(),
  fails: when.optional(),
  optional: z.boolean().optional(),
};

const operation = z.discriminatedUnion(
  "op",
  [
    z.strictObject({ op: z.literal("create_session"), state: json.optional() }),
    z.strictObject({
      op: z.literal("append_event"),
      ...said,
      shiftMs: z.number({ error: "milliseconds" }).optional(),
      partial: z.boolean().optional(),
      pinned: z.boolean().optional(),
      skipSummarization: z.boolean().optional(),
    }),
    z.strictObject({
      op: z.literal("function_call"),
      id: name.optional(),
      author: name.optional(),
      call: name,
      name,
      args: json.optional(),
    }),
    z.strictObject({ op: z.literal("function_response"), id: name.optional(), call: name, name, text }),
    z.strictObject({ op: z.literal("update_state"), id: name.optional(), state: json }),
    z.strictObject({ op: z.literal("memory_store"), ...said }),
    z.strictObject({ op: z.literal("memory_search"), query: name, limit: above.optional() }),
    z.strictObject({ op: z.literal("create_summary"), ...fold }),
    z.strictObject({ op: z.literal("update_summary"), ...fold }),
    z.strictObject({ op: z.literal("fail_before_commit"), ...said, when: when.optional() }),
    z.strictObject({
      op: z.literal("retry_event"),
      id: name.optional(),
      afterRestart: z.boolean().optional(),
    }),
  ],
  { error: "one of the known operations" },
);
const schema = z.strictObject({ name, operations: z.array(operation, { error: "a list" }) });

/**
 * A trajectory, checked: known operations with known fields, the session made first and once.
 * @throws ConfigurationError that names the field, what was expected and what came.
 */
export function checkedTrajectory(value: unknown): Trajectory {
  const trajectory = validate(schema, value, "trajectory") as Trajectory;
  trajectory.operations.forEach(({ op }, at) => {
    if ((op === "create_session") !== (at === 0)) {
      throw new ConfigurationError(
        `Expected \`trajectory.operations.${at}\` to be ${at === 0 ? "create_session" : "anything else"}, got ${op}`,
      );
    }
  });
  if (trajectory.operations.length > 0) return trajectory;
  throw new ConfigurationError(
    "Expected `trajectory.operations` to begin with create_session, got an empty list",
  );
}

/**
 * Trajectories of JSON lines, one a line; blank lines are left out.
 * @throws ConfigurationError that names the line
 */
export function readTrajectories(lines: string): readonly Trajectory[] {
  return lines.split("\n").flatMap((line, at) => {
    if (line.trim() === "") return [];
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      throw new ConfigurationError(`Expected line ${at + 1} to be JSON, which it is not`);
    }
    try {
      return [checkedTrajectory(value)];
    } catch (cause) {
      throw new ConfigurationError(`Line ${at + 1}: ${(cause as Error).message}`, { cause });
    }
  });
}
