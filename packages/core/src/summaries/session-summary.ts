import { z } from "zod";
import { deepCopy, deepFreeze } from "../shared/deep-copy.ts";
import { validate } from "../shared/validate.ts";
import { compressionRatio } from "./compression-ratio.ts";
import { type Coverage, coverageSchema } from "./coverage.ts";

/** Tokens that the provider billed for writing a summary. */
export interface SummaryUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly totalTokens: number;
}

/** The fields of a summary, which is also its JSON form but for `compressionRatio`. */
export interface SessionSummaryFields {
  readonly id: string;
  readonly sessionId: string;
  /** The agent whose events alone it covers; absent for a summary of the session. */
  readonly scope?: string;
  readonly text: string;
  readonly coverage: Coverage;
  /** Events in the window just before it was committed. */
  readonly originalEventCount: number;
  /** Events in the window just after. */
  readonly compressedEventCount: number;
  /** Tokens that left the window: events, and earlier summaries whose place it took. */
  readonly originalTokens: number;
  /** Tokens of its text. */
  readonly summaryTokens: number;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** Model that wrote it; null where no model did. */
  readonly model: string | null;
  /** Name of the trigger that fired; "force" for a forced one. */
  readonly trigger: string;
  /** What the provider billed; null where it did not say. */
  readonly usage: SummaryUsage | null;
  /** Milliseconds that writing the text took. */
  readonly durationMs: number;
  /** How often summaries were merged into this one: 0 where only events went in. */
  readonly level: number;
  /** 1 for the first summary of a session and scope, and one more for each that follows. */
  readonly version: number;
  /** Free for the application and for summarizers. */
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** A summary as plain JSON. */
export interface SessionSummaryJson extends SessionSummaryFields {
  /** Version of this form. A reader for every older one is kept. */
  readonly format: 1;
  readonly compressionRatio: number;
}

/** What became of a summary in the log: only an effective one hides events. */
export type SummaryStatus = "effective" | "superseded" | "inert" | "hidden" | "void";

const fieldsSchema = z.object({
  id: z.string().min(1),
  sessionId: z.string(),
  scope: z.string().optional(),
  text: z.string(),
  coverage: coverageSchema,
  originalEventCount: z.number(),
  compressedEventCount: z.number(),
  originalTokens: z.number(),
  summaryTokens: z.number(),
  createdAt: z.number(),
  model: z.string().nullable(),
  trigger: z.string(),
  usage: z.object({ inputTokens: z.number(), outputTokens: z.number(), totalTokens: z.number() }).nullable(),
  durationMs: z.number(),
  level: z.number().default(0),
  version: z.number(),
  metadata: z.record(z.string(), z.unknown()),
});

/** A committed summary: its text, what it covers, and the figures of the fold. It cannot be changed. */
export class SessionSummary implements SessionSummaryFields {
  readonly id: string;
  readonly sessionId: string;
  readonly scope?: string;
  readonly text: string;
  readonly coverage: Coverage;
  readonly originalEventCount: number;
  readonly compressedEventCount: number;
  readonly originalTokens: number;
  readonly summaryTokens: number;
  readonly createdAt: number;
  readonly model: string | null;
  readonly trigger: string;
  readonly usage: SummaryUsage | null;
  readonly durationMs: number;
  readonly level: number;
  readonly version: number;
  readonly metadata: Readonly<Record<string, unknown>>;

  constructor(fields: SessionSummaryFields) {
    this.id = fields.id;
    this.sessionId = fields.sessionId;
    if (fields.scope !== undefined) this.scope = fields.scope;
    this.text = fields.text;
    this.coverage = frozenCopy(fields.coverage);
    this.originalEventCount = fields.originalEventCount;
    this.compressedEventCount = fields.compressedEventCount;
    this.originalTokens = fields.originalTokens;
    this.summaryTokens = fields.summaryTokens;
    this.createdAt = fields.createdAt;
    this.model = fields.model;
    this.trigger = fields.trigger;
    this.usage = fields.usage;
    this.durationMs = fields.durationMs;
    this.level = fields.level;
    this.version = fields.version;
    this.metadata = deepFreeze(deepCopy(fields.metadata));
    Object.freeze(this);
  }

  /** By how many percent the fold shortened the window, in events; 0 for an empty one, negative when it grew. */
  get compressionRatio(): number {
    return compressionRatio(this.originalEventCount, this.compressedEventCount);
  }

  /** The summary as plain JSON, which `fromJSON` reads. */
  toJSON(): SessionSummaryJson {
    const { scope, ...fields } = { ...this };
    return {
      format: 1,
      ...fields,
      ...(scope !== undefined && { scope }),
      compressionRatio: this.compressionRatio,
    };
  }

  /**
   * The summary that `toJSON` wrote.
   * @throws ConfigurationError that names the field which is not what it must be.
   */
  static fromJSON(json: unknown): SessionSummary {
    return new SessionSummary(validate(fieldsSchema, json, "summary") as SessionSummaryFields);
  }
}

function frozenCopy(coverage: Coverage): Coverage {
  return Object.freeze({
    ...coverage,
    direct: Object.freeze([...coverage.direct]),
    replaces: Object.freeze([...coverage.replaces]),
    omitted: Object.freeze([...coverage.omitted]),
  });
}
