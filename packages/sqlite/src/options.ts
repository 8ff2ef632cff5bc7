import { fileURLToPath } from "node:url";
import { ConfigurationError } from "@sessionfold/core";
import { type Clock, describe, systemClock, validate } from "@sessionfold/core/storage";
import { z } from "zod";

/** Options of `SqliteSessionService`. */
export interface SqliteSessionServiceOptions {
  /** Tells the time of events, appends and leases, in milliseconds since the epoch. Default: the machine's clock. */
  readonly clock?: Clock | undefined;
  /**
   * How long a call waits for a file that another process or connection is writing to, in milliseconds; then it throws a
   * StoreError "store-busy". It waits without blocking the event loop. 0: it tries once. Default 5,000.
   */
  readonly busyTimeoutMs?: number | undefined;
  /**
   * `full` (default): what was acknowledged is on the disk, and survives a power cut. `normal`: it survives a crash of the
   * process, but the last appends may be lost, as a whole and in order, when the machine itself goes down; much faster.
   */
  readonly durability?: "full" | "normal" | undefined;
}

/** Options after the defaults are in. */
export interface ResolvedOptions {
  readonly clock: Clock;
  readonly busyTimeoutMs: number;
  readonly durability: "full" | "normal";
}

const DEFAULT_BUSY_TIMEOUT_MS = 5_000;

const aWait = { error: "milliseconds >= 0" };
const schema = z.strictObject({
  clock: z.custom<Clock>((value) => typeof value === "function", { error: "a function" }).optional(),
  busyTimeoutMs: z.number(aWait).min(0, aWait).optional(),
  durability: z.enum(["full", "normal"], { error: '"full" or "normal"' }).optional(),
});

/** @throws ConfigurationError for an option that is not what it must be, and one that is unknown. */
export function resolveOptions(options: SqliteSessionServiceOptions): ResolvedOptions {
  const {
    clock = systemClock,
    busyTimeoutMs = DEFAULT_BUSY_TIMEOUT_MS,
    durability = "full",
  } = validate(schema, options);
  return { clock, busyTimeoutMs, durability };
}

/** The path of a database file. @throws ConfigurationError for what names none */
export function pathOf(file: string | URL): string {
  if (file instanceof URL && file.protocol === "file:") return fileURLToPath(file);
  if (typeof file === "string" && file !== "" && !file.includes("\0")) return file;
  const got = file instanceof URL ? "a URL of another kind" : describe(file);
  throw new ConfigurationError(`Expected \`file\` to be a path, a file: URL or ":memory:", got ${got}`);
}
