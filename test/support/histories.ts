import {
  createEvent,
  type EventInput,
  FoldedLog,
  isConversationEvent,
  type Mark,
  type SessionEvent,
  SessionSummary,
} from "@sessionfold/core";
import fc from "fast-check";
import { a, badCall, call, res, s, u } from "./events.ts";

/** A step of a history: something said, a mark, or a summary of some kind. Numbers choose among what is there. */
export type Step =
  | {
      readonly kind: "say";
      readonly what: "u" | "a" | "s" | "b" | "call" | "call2" | "bad" | "res" | "empty";
      readonly pick: number;
      readonly flag: number;
    }
  | { readonly kind: "mark"; readonly mark: Mark["kind"]; readonly pick: number }
  | { readonly kind: "summary"; readonly how: SummaryHow; readonly from: number; readonly length: number }
  | { readonly kind: "late"; readonly at: number; readonly pick: number }
  | { readonly kind: "prune"; readonly pick: number };

/**
 * How a summary comes about: an honest fold of what is visible, a stale one made of an older state, a double, a merge,
 * a block that replaces nothing, one that reads raw events again, one with junk ids, one of a scope.
 */
export type SummaryHow = "rolling" | "stale" | "double" | "merge" | "block" | "whole" | "junk" | "scope";

const pick = fc.nat({ max: 40 });

/** Random histories: interleaved agents, repeated call ids, marks, undo, late inserts, prune, summaries of all kinds. */
export function histories(maxLength: number): fc.Arbitrary<readonly Step[]> {
  const say = fc.record({
    kind: fc.constant("say" as const),
    what: fc.constantFrom(
      "u",
      "u",
      "a",
      "a",
      "s",
      "b",
      "call",
      "call2",
      "bad",
      "res",
      "res",
      "res",
      "empty",
    ) as fc.Arbitrary<Extract<Step, { kind: "say" }>["what"]>,
    pick,
    flag: fc.nat({ max: 20 }),
  });
  const mark = fc.record({
    kind: fc.constant("mark" as const),
    mark: fc.constantFrom<Mark["kind"]>("pin", "unpin", "skip", "unskip", "hide", "unhide"),
    pick,
  });
  const summary = fc.record({
    kind: fc.constant("summary" as const),
    how: fc.constantFrom<SummaryHow>(
      "rolling",
      "rolling",
      "stale",
      "double",
      "merge",
      "block",
      "whole",
      "junk",
      "scope",
    ),
    from: pick,
    length: fc.integer({ min: 1, max: 12 }),
  });
  const late = fc.record({ kind: fc.constant("late" as const), at: pick, pick });
  const prune = fc.record({ kind: fc.constant("prune" as const), pick });
  return fc.array(
    fc.oneof(
      { weight: 12, arbitrary: say },
      { weight: 2, arbitrary: mark },
      { weight: 3, arbitrary: summary },
      { weight: 1, arbitrary: late },
      { weight: 1, arbitrary: prune },
    ),
    { maxLength, size: "max" },
  );
}

/** The log that the steps make, as it grows: `onAppend` sees every entry as it comes. */
export function play(
  steps: readonly Step[],
  onAppend: (event: SessionEvent, log: readonly SessionEvent[]) => void = () => {},
): SessionEvent[] {
  let log: SessionEvent[] = [];
  const past: FoldedLog[] = [];
  let made = 0;
  const append = (input: EventInput, seq = (log.at(-1)?.seq ?? -1) + 2): void => {
    const event = createEvent({ timestamp: made * 1000, ...input, id: input.id ?? `e${made}` }, seq, () => 0);
    made++;
    log = [...log, event];
    onAppend(event, log);
  };
  for (const step of steps) {
    const folded = FoldedLog.of(log);
    switch (step.kind) {
      case "say":
        append(said(step));
        break;
      case "mark": {
        const isHide = step.mark.endsWith("hide");
        const targets = log.filter(
          (event) => (event.actions.summary !== undefined) === isHide && event.actions.marks === undefined,
        );
        const target = targets[step.pick % Math.max(1, targets.length)];
        if (target !== undefined)
          append({ author: "system", actions: { marks: [{ kind: step.mark, targets: [target.id] }] } });
        break;
      }
      case "summary": {
        const event = summaryEvent(step, folded, past, made);
        if (event !== undefined) append(event);
        past.push(FoldedLog.of(log));
        break;
      }
      case "late": {
        // Even positions were given away; an odd one lies between two entries.
        const at = log[step.at % Math.max(1, log.length)];
        if (at !== undefined && !log.some((event) => event.seq === at.seq + 1))
          append(a(`late ${made}`), at.seq + 1);
        break;
      }
      case "prune": {
        const gone = log.filter(
          (event) => folded.coveringSummary(event.id) !== undefined && folded.isHidden(event),
        );
        const one = gone[step.pick % Math.max(1, gone.length)];
        if (one !== undefined) log = log.filter((event) => event !== one);
        break;
      }
    }
  }
  return log;
}

/** What is said in a random history, as a caller would append it: without marks, with shuffled timestamps. */
export function conversationOf(steps: readonly Step[]): readonly EventInput[] {
  return play(steps)
    .filter(isConversationEvent)
    .map(({ seq, ...event }, at) => ({ ...event, timestamp: 1000 * ((at * 7) % 11) }));
}

function said({ what, pick: chosen, flag }: Extract<Step, { kind: "say" }>): EventInput {
  const actions = flag === 0 ? { pinned: true } : flag <= 2 ? { skipSummarization: true } : {};
  const id = `c${chosen % 4}`;
  const text = `text ${chosen}`;
  switch (what) {
    case "u":
      return u(text, { actions });
    case "a":
      return a(text, { actions });
    case "b":
      return { ...a(text, { actions }), author: "other" };
    case "s":
      return s(text, { actions });
    case "call":
      return { ...call(id, { actions }), author: chosen % 3 === 0 ? "other" : "agent" };
    case "call2":
      return call([id, `c${(chosen + 1) % 4}`], { actions });
    case "bad":
      return badCall(id, `c${(chosen + 1) % 4}`, { actions });
    case "res":
      return res(id, text, { actions });
    case "empty":
      return a("", { actions });
  }
}

function summaryEvent(
  step: Extract<Step, { kind: "summary" }>,
  now: FoldedLog,
  past: readonly FoldedLog[],
  made: number,
): EventInput | undefined {
  const state = step.how === "stale" ? (past[step.from % Math.max(1, past.length)] ?? now) : now;
  const events = state.visible.filter((event) => !state.isPinned(event));
  const from = step.from % Math.max(1, events.length);
  const region = events.slice(from, from + step.length);
  const omitted = region.filter((event) => state.isSkipped(event)).map((event) => event.id);
  let direct = region.filter((event) => !state.isSkipped(event)).map((event) => event.id);
  let replaces: string[] = [];
  const all = state.summaries.map((node) => node.summary.id);
  if (step.how === "rolling" || step.how === "stale")
    replaces = state.effective.map((node) => node.summary.id).slice(0, 1);
  if (step.how === "merge") {
    replaces = state.effective.map((node) => node.summary.id).slice(0, 3);
    if (step.from % 2 === 0) direct = [];
  }
  if (step.how === "double") {
    const last = state.summaries.at(-1)?.summary;
    if (last === undefined) return undefined;
    direct = [...last.coverage.direct];
    replaces = [...last.coverage.replaces];
  }
  if (step.how === "whole") {
    direct = [
      ...new Set([
        ...state.effective.slice(0, 1).flatMap((node) => [...state.coveredIds(node.summary.id)]),
        ...direct,
      ]),
    ];
  }
  if (step.how === "junk") {
    direct = [...direct, `e${made + 2}`, "nowhere"];
    replaces = all.length > 0 ? [all[step.from % all.length] ?? "nothing"] : ["missing-summary"];
  }
  const positions = [
    ...direct.map((event) => now.get(event)?.seq),
    ...replaces.map((summary) => now.summaries.find((node) => node.summary.id === summary)?.position),
  ].filter((seq) => seq !== undefined);
  const id = `S${made}`;
  const summary = new SessionSummary({
    id,
    sessionId: "session",
    ...(step.how === "scope" && { scope: "other" }),
    text: `summary ${made}`,
    coverage: {
      direct,
      replaces,
      omitted,
      fromSeq: positions.reduce((least, seq) => Math.min(least, seq), Number.MAX_SAFE_INTEGER),
      toSeq: positions.reduce((most, seq) => Math.max(most, seq), 0),
      planSeq: state.lastSeq,
    },
    originalEventCount: 0,
    compressedEventCount: 0,
    originalTokens: 0,
    summaryTokens: 0,
    createdAt: made * 1000,
    model: null,
    trigger: "force",
    usage: null,
    durationMs: 0,
    level: 0,
    version: 1,
    metadata: {},
  });
  return { id, author: "system", message: `[summary ${made}]`, actions: { summary: summary.toJSON() } };
}
