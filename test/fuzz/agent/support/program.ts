import fc from "fast-check";

/** What a tool does when it is called. */
export type ToolKind = "good" | "error" | "crash" | "asks";

/** What the model does at one step of a turn. */
export interface Step {
  /** `fails` and `overflows` throw; `fails once` and `overflows` go well when the same step is tried again. */
  readonly kind: "answers" | "calls" | "blank" | "fails" | "fails once" | "overflows";
  readonly calls: readonly ToolKind[];
  /** Characters of the text. */
  readonly length: number;
}

/** What a summarizer does with a call. `aborts` calls off the turn while the summary is being written. */
export type Behaviour = "good" | "throws" | "empty" | "long" | "slow" | "hangs" | "aborts";

/** Flags that a message of the user or a tool result carries. */
export type Flag = "none" | "pinned" | "skipped";

/** How far folds in the background come before the next act. */
export type Folds = "end" | "begin" | "not yet";

/** A turn: what the user says, and what the model does about it. */
export interface Turn {
  readonly thread: number;
  readonly agent: number;
  /** Lengths of the user's messages; none where the agent is just called once more. */
  readonly says: readonly number[];
  readonly flag: Flag;
  readonly steps: readonly Step[];
  /** What the summarizer does during the turn. */
  readonly summarizer: readonly Behaviour[];
  readonly folds: Folds;
}

/** One step of a run. Positions are picked modulo what is there. */
export type Act =
  | ({ readonly kind: "turn" } & Turn)
  | { readonly kind: "turns at once"; readonly turns: readonly [Turn, Turn] }
  | ({ readonly kind: "go on" } & Turn)
  | {
      readonly kind: "edit";
      readonly thread: number;
      readonly at: number;
      readonly length: number;
      readonly keepsMetadata: boolean;
    }
  | { readonly kind: "delete"; readonly thread: number; readonly at: number; readonly count: number }
  | {
      readonly kind: "append";
      readonly thread: number;
      readonly what: "system" | "orphan result" | "late result" | "answer";
      readonly length: number;
    }
  | { readonly kind: "fork"; readonly thread: number; readonly back: number; readonly edits: boolean }
  | { readonly kind: "folds"; readonly folds: Folds }
  /** What is folded at that moment is lost, called off, or waited for. */
  | { readonly kind: "restart"; readonly closes: "never" | "at once" | "drained" };

const length = fc.integer({ min: 0, max: 60 });
const thread = fc.constantFrom(0, 0, 0, 1);
const pick = fc.nat({ max: 60 });

const tools = fc.constantFrom<ToolKind>("good", "good", "good", "good", "error", "crash", "asks");

const step = fc.oneof(
  { weight: 8, arbitrary: stepOf("calls", fc.array(tools, { minLength: 1, maxLength: 3 })) },
  { weight: 3, arbitrary: stepOf("answers", fc.constant([])) },
  { weight: 1, arbitrary: stepOf("blank", fc.constant([])) },
  { weight: 1, arbitrary: stepOf("fails", fc.constant([])) },
  { weight: 1, arbitrary: stepOf("fails once", fc.constant([])) },
  { weight: 1, arbitrary: stepOf("overflows", fc.constant([])) },
);

function stepOf(kind: Step["kind"], calls: fc.Arbitrary<readonly ToolKind[]>): fc.Arbitrary<Step> {
  return fc.record({ kind: fc.constant(kind), calls, length });
}

const behaviour = fc.oneof(
  { weight: 10, arbitrary: fc.constant<Behaviour>("good") },
  { weight: 4, arbitrary: fc.constantFrom<Behaviour>("throws", "empty", "long", "slow", "aborts") },
);
/** Hanging costs real time, so it is rare. */
const behaviours = fc.array(
  fc.oneof({ weight: 40, arbitrary: behaviour }, { weight: 1, arbitrary: fc.constant<Behaviour>("hangs") }),
  { maxLength: 2 },
);

const turnShape = {
  thread,
  agent: fc.nat({ max: 1 }),
  flag: fc.constantFrom<Flag>("none", "none", "none", "none", "none", "pinned", "skipped"),
  steps: fc.array(step, { maxLength: 3 }),
  summarizer: behaviours,
  folds: fc.constantFrom<Folds>("end", "begin", "not yet"),
};
const says = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(length) },
  { weight: 1, arbitrary: fc.constantFrom<readonly number[]>([], [5, 5]) },
);
const turn: fc.Arbitrary<Turn> = fc.record({ ...turnShape, says });

const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 16, arbitrary: turn.map((each): Act => ({ ...each, kind: "turn" })) },
  {
    weight: 4,
    arbitrary: fc.record({ ...turnShape, says: fc.constant([]), kind: fc.constant("go on" as const) }),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(turn, turn).map(
      ([one, other]): Act => ({
        kind: "turns at once",
        turns: [
          { ...one, thread: 0 },
          { ...other, thread: 1 },
        ],
      }),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("edit" as const),
      thread,
      at: pick,
      length,
      keepsMetadata: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("delete" as const),
      thread,
      at: pick,
      count: fc.integer({ min: 1, max: 3 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("append" as const),
      thread,
      what: fc.constantFrom("system" as const, "orphan result" as const, "late result" as const, "answer"),
      length,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("fork" as const),
      thread,
      back: fc.nat({ max: 12 }),
      edits: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("restart" as const),
      closes: fc.constantFrom("never" as const, "at once" as const, "drained" as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("folds" as const),
      folds: fc.constantFrom<Folds>("end", "begin"),
    }),
  },
);

/** A random run. */
export function programs(acts: number): fc.Arbitrary<readonly Act[]> {
  return fc.array(act, { minLength: 1, maxLength: acts, size: "max" });
}
