import { MarkState } from "../events/marks.ts";
import { isToolMessage } from "../events/message-content.ts";
import {
  isConversationEvent,
  isSummaryEvent,
  isSystemEvent,
  type SessionEvent,
} from "../events/session-event.ts";
import { membersOf, type ToolRound, ToolRounds } from "../events/tool-rounds.ts";
import { SummaryNotFoundError } from "../shared/errors.ts";
import { referencesOf } from "./coverage.ts";
import type { FoldSnapshot } from "./fold-snapshot.ts";
import { SessionSummary } from "./session-summary.ts";
import { effectiveRoot, SummaryForest } from "./summary-forest.ts";
import type { SummaryNode } from "./summary-node.ts";

/** Something in the log that was ignored, told without content. */
export interface FoldWarning {
  readonly eventId: string;
  readonly reason: string;
}

/**
 * A log and what it folds to. A pure function of the events: the order of calls that built it leaves no trace.
 * Appending one event costs the same however long the log is; a mark, or an event that belongs further up, folds
 * the log anew.
 */
export class FoldedLog {
  #events: SessionEvent[] = [];
  #byId = new Map<string, SessionEvent>();
  #rounds = new ToolRounds();
  #marks = new MarkState();
  #flags = new Map<ToolRound, Flags>();
  #forest = new SummaryForest();
  #visible: SessionEvent[] = [];
  #warnings: FoldWarning[] = [];
  #epoch = 0;
  #firstOfBody = Number.POSITIVE_INFINITY;
  /** Position up to which only what a snapshot kept is here; undefined for a whole log. */
  #resumedAt: number | undefined;
  #closedCalls: ReadonlySet<string> = new Set();
  #closedBy: string | undefined;

  /**
   * Goes on from a snapshot, with the entries that it kept and those behind it. Undefined where these say something that
   * only a whole log can answer.
   */
  static resume(snapshot: FoldSnapshot, events: Iterable<SessionEvent>): FoldedLog | undefined {
    const log = new FoldedLog();
    const entries = [...events].sort(inLogOrder);
    const kept = entries.filter(({ seq }) => seq <= snapshot.seq);
    // Some were deleted since.
    if (kept.length !== snapshot.keep.length) return undefined;
    log.#restore(kept, snapshot);
    for (const event of entries.filter(({ seq }) => seq > snapshot.seq)) {
      if (!log.canTake(event)) return undefined;
      log.append(event);
    }
    return log;
  }

  /** Folds a whole log. Events of an id that was seen before are left out. */
  static of(events: Iterable<SessionEvent>): FoldedLog {
    const log = new FoldedLog();
    log.#rebuild(events);
    return log;
  }

  /** Every entry of the log, in log order: the conversation, summaries and marks. */
  get events(): readonly SessionEvent[] {
    return this.#events;
  }

  /** The events of the conversation that no effective summary hides, in log order. */
  get visible(): readonly SessionEvent[] {
    return this.#visible;
  }

  /** How many of the visible events are the system events that lead the log. No plan ever folds them. */
  get leadingSystem(): number {
    let count = 0;
    // A summary stands for what was first in the body, also when that was pruned.
    const body = Math.min(this.#firstOfBody, this.#forest.effective[0]?.position ?? Number.POSITIVE_INFINITY);
    while ((this.#visible[count]?.seq ?? Number.POSITIVE_INFINITY) < body) count++;
    return count;
  }

  /** The effective summaries by their place in the window. */
  get effective(): readonly SummaryNode[] {
    return this.#forest.effective;
  }

  /** Every summary of the log with what became of it, in log order. */
  get summaries(): readonly SummaryNode[] {
    return [...this.#forest.nodes];
  }

  /** The tool rounds of the log. */
  get rounds(): ToolRounds {
    return this.#rounds;
  }

  /** What was ignored while folding. */
  get warnings(): readonly FoldWarning[] {
    return this.#warnings;
  }

  /** Changes whenever `visible` or what counts in it changed otherwise than by an event at its end. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Position of the last entry, -1 for an empty log. */
  get lastSeq(): number {
    return Math.max(this.#events.at(-1)?.seq ?? -1, this.#resumedAt ?? -1);
  }

  /** Position up to which entries may be missing that no window needs; undefined for a whole log. */
  get resumedAt(): number | undefined {
    return this.#resumedAt;
  }

  /** The effective summary that covers all events which are missing here; undefined where no single one does. */
  get missingCover(): SessionSummary | undefined {
    const node = this.#closedBy === undefined ? undefined : this.#forest.get(this.#closedBy);
    return effectiveRoot(node)?.summary;
  }

  /** Ids of calls that lack results and are missing here; none for a whole log. */
  get closedCalls(): Iterable<string> {
    return this.#closedCalls;
  }

  /** Whether an entry can be appended here. One that reaches back to what is missing needs the whole log. */
  canTake(event: SessionEvent): boolean {
    const { id, seq, actions, message } = event;
    if (this.#resumedAt === undefined || this.#byId.has(id)) return true;
    if (seq <= this.lastSeq || this.#isTouched(event)) return false;
    const { marks = [], summary } = actions;
    const isKnown = (target: unknown): boolean => typeof target === "string" && this.#byId.has(target);
    if (marks.some(({ kind, targets }) => kind === "hide" || kind === "unhide" || !targets.every(isKnown)))
      return false;
    if (summary !== undefined) {
      const { events, summaries, planSeq } = referencesOf(summary);
      // Turns are counted from its plan on, and those before the snapshot are not all here.
      if (typeof planSeq === "number" && planSeq < this.#resumedAt) return false;
      const isEffective = (target: unknown): boolean =>
        typeof target === "string" && this.#forest.get(target)?.status === "effective";
      if (!events.every(isKnown) || !summaries.every(isEffective)) return false;
    }
    const isResult = message !== undefined && isToolMessage(message);
    if (isResult) {
      const { tool_call_id: callId } = message;
      if (!this.#rounds.hasCall(callId) || this.#closedCalls.has(callId)) return false;
    }
    // Who spoke before the last one is not told here.
    const last = this.#events.findLast((event) => isConversationEvent(event) && !this.isSkipped(event));
    const unit = last === undefined ? [] : this.#rounds.unitOf(last);
    if (isResult && actions.skipSummarization === true) return unit.length === 1;
    const skips = marks.filter(({ kind }) => kind === "skip").flatMap(({ targets }) => targets);
    return !unit.some((member) => skips.includes(member.id));
  }

  /** The entry of that id. */
  get(id: string): SessionEvent | undefined {
    return this.#byId.get(id);
  }

  /** Takes one more entry. One whose id is known already is left out. */
  append(event: SessionEvent): void {
    if (this.#byId.has(event.id)) return;
    const last = this.#events.at(-1);
    if (last !== undefined && inLogOrder(last, event) > 0) {
      this.#rebuild([...this.#events, event]);
      return;
    }
    const marks = event.actions.marks ?? [];
    // One that a summary names already was pruned, and has come again: the summary stands elsewhere then.
    if (this.#isTouched(event) || marks.some(({ kind }) => kind === "hide" || kind === "unhide")) {
      this.#rebuild([...this.#events, event]);
      return;
    }
    for (const mark of marks) this.#marks.apply(mark);
    if (marks.length > 0) this.#flags.clear();
    if (isSummaryEvent(event)) this.#appendSummary(event);
    else if (isConversationEvent(event)) this.#appendConversation(event);
    else this.#store(event);
    if (marks.length > 0) this.#refilter();
  }

  /** Whether the event is pinned now, itself or through its tool round. */
  isPinned(event: SessionEvent): boolean {
    return this.#flagsOf(event).pinned;
  }

  /** Whether the event is skipped now, itself or through its tool round; a pin beats it. */
  isSkipped(event: SessionEvent): boolean {
    const { pinned, skipped } = this.#flagsOf(event);
    return skipped && !pinned;
  }

  /** Whether a summary is pinned: later plans leave it as it is. */
  isSummaryPinned(summaryId: string): boolean {
    return this.#marks.pinned(summaryId) ?? false;
  }

  /** Whether an effective summary hides the event. */
  isHidden(event: SessionEvent): boolean {
    if (this.#forest.covering(event.id) !== undefined) return !this.isPinned(event);
    return this.#forest.omitting(event.id) !== undefined && this.isSkipped(event);
  }

  /** The effective summary that covers the event. */
  coveringSummary(eventId: string): SessionSummary | undefined {
    return this.#forest.covering(eventId)?.summary;
  }

  /** The effective summary that left the event out as skipped. */
  omittingSummary(eventId: string): SessionSummary | undefined {
    return this.#forest.omitting(eventId)?.summary;
  }

  /** Whether a summary would take effect if it were appended now. */
  wouldTakeEffect(summary: SessionSummary): boolean {
    return this.#forest.wouldActivate(summary);
  }

  /**
   * Ids of all events that a summary stands for, also of those that were pruned.
   * @throws SummaryNotFoundError
   */
  coveredIds(summaryId: string): ReadonlySet<string> {
    if (this.#forest.get(summaryId) === undefined) throw new SummaryNotFoundError(summaryId);
    return this.#forest.coveredIds(summaryId);
  }

  /** The events that a summary stands for, in log order; pruned ones are missing. */
  coveredEvents(summaryId: string): readonly SessionEvent[] {
    const found: SessionEvent[] = [];
    for (const id of this.coveredIds(summaryId)) {
      const event = this.#byId.get(id);
      if (event !== undefined && isConversationEvent(event)) found.push(event);
    }
    return found.sort(inLogOrder);
  }

  #appendConversation(event: SessionEvent): void {
    this.#store(event);
    this.#rounds.add(event);
    const round = this.#rounds.roundOf(event);
    if (round !== undefined && round.call !== event && hasFlags(event)) {
      // The flags of a result hold for its whole round, also for what stands further up.
      const others = membersOf(round).filter((member) => member !== event);
      if (others.some((member) => !sameFlags(member, event))) this.#epoch++;
      if (others.some((member) => this.#isTouched(member))) {
        this.#refilter();
        return;
      }
    }
    if (!this.isHidden(event)) this.#visible.push(event);
  }

  #appendSummary(event: SessionEvent): void {
    const summary = this.#readSummary(event);
    if (summary !== undefined && this.#forest.isMissing(summary.id)) {
      this.#rebuild([...this.#events, event]);
      return;
    }
    this.#store(event);
    if (summary === undefined) return;
    this.#forest.enter([{ summary, seq: event.seq }], (id) => this.#marks.hidden(id));
    if (!this.#forest.activate(summary.id, (id) => this.#byId.get(id)?.seq)) return;
    this.#visible = this.#visible.filter((visible) => !this.isHidden(visible));
    this.#epoch++;
  }

  #rebuild(events: Iterable<SessionEvent>): void {
    this.#events = [];
    this.#byId = new Map();
    this.#rounds = new ToolRounds();
    this.#marks = new MarkState();
    this.#flags = new Map();
    this.#forest = new SummaryForest();
    this.#firstOfBody = Number.POSITIVE_INFINITY;
    this.#warnings = [];
    const summaries: { summary: SessionSummary; seq: number }[] = [];
    for (const event of [...events].sort(inLogOrder)) {
      if (this.#byId.has(event.id)) continue;
      this.#store(event);
      for (const mark of event.actions.marks ?? []) this.#marks.apply(mark);
      if (isConversationEvent(event)) this.#rounds.add(event);
      const summary = isSummaryEvent(event) ? this.#readSummary(event) : undefined;
      if (summary !== undefined) summaries.push({ summary, seq: event.seq });
    }
    this.#forest.enter(summaries, (id) => this.#marks.hidden(id));
    for (const { summary } of summaries) this.#forest.activate(summary.id, (id) => this.#byId.get(id)?.seq);
    this.#refilter();
  }

  #restore(events: readonly SessionEvent[], { seq, summaries, openCalls, closedBy }: FoldSnapshot): void {
    this.#closedBy = closedBy ?? undefined;
    this.#closedCalls = new Set(openCalls);
    const told = new Map(summaries.map((summary) => [summary.id, summary]));
    const nodes: Parameters<SummaryForest["restore"]>[0][number][] = [];
    for (const event of events) {
      this.#store(event);
      for (const mark of event.actions.marks ?? []) this.#marks.apply(mark);
      if (isConversationEvent(event)) this.#rounds.add(event);
      const node = told.get(event.id);
      const summary = node === undefined ? undefined : this.#readSummary(event);
      if (node !== undefined && summary !== undefined)
        nodes.push({ ...node, summary, seq: event.seq, parent: undefined });
    }
    this.#resumedAt = seq;
    this.#forest.restore(nodes);
    this.#refilter();
  }

  #refilter(): void {
    this.#visible = this.#events.filter((event) => isConversationEvent(event) && !this.isHidden(event));
    this.#epoch++;
  }

  #store(event: SessionEvent): void {
    this.#events.push(event);
    this.#byId.set(event.id, event);
    if (
      this.#firstOfBody === Number.POSITIVE_INFINITY &&
      isConversationEvent(event) &&
      !isSystemEvent(event)
    ) {
      this.#firstOfBody = event.seq;
    }
  }

  #readSummary(event: SessionEvent): SessionSummary | undefined {
    try {
      const summary = SessionSummary.fromJSON(withTime(event));
      if (summary.id === event.id) return summary;
      this.#warnings.push({ eventId: event.id, reason: "a summary whose id differs from its event's" });
    } catch {
      // A record that cannot be read hides nothing: its events count as if it were not there.
      this.#warnings.push({ eventId: event.id, reason: "a summary that cannot be read" });
    }
    return undefined;
  }

  #isTouched(event: SessionEvent): boolean {
    return this.#forest.covering(event.id) !== undefined || this.#forest.omitting(event.id) !== undefined;
  }

  /** What holds for an event: its own flags and marks, or those of any member of its round, each looked at once. */
  #flagsOf(event: SessionEvent): Flags {
    const round = this.#rounds.roundOf(event);
    if (round === undefined) return this.#addFlags({ pinned: false, skipped: false, read: 0 }, event);
    let flags = this.#flags.get(round);
    if (flags === undefined) {
      flags = { pinned: false, skipped: false, read: 0 };
      this.#flags.set(round, flags);
    }
    for (let member = round.members[flags.read]; member !== undefined; member = round.members[flags.read])
      this.#addFlags(flags, member);
    return flags;
  }

  #addFlags(flags: Flags, { id, actions }: SessionEvent): Flags {
    flags.read++;
    flags.pinned ||= this.#marks.pinned(id) ?? actions.pinned === true;
    flags.skipped ||= this.#marks.skipped(id) ?? actions.skipSummarization === true;
    return flags;
  }
}

/** Flags of a round, as far as its members have been read. */
interface Flags {
  pinned: boolean;
  skipped: boolean;
  read: number;
}

/** Log order: by position, ties by id. */
export function inLogOrder(a: SessionEvent, b: SessionEvent): number {
  return a.seq - b.seq || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

/** The record of a summary; without a usable time it is as old as its event, since ids alone decide what it hides. */
function withTime({ actions: { summary }, timestamp }: SessionEvent): unknown {
  if (typeof summary !== "object" || summary === null) return summary;
  const { createdAt } = summary as { createdAt?: unknown };
  return Number.isFinite(createdAt) ? summary : { ...summary, createdAt: timestamp };
}

function hasFlags(event: SessionEvent): boolean {
  return event.actions.pinned === true || event.actions.skipSummarization === true;
}

function sameFlags(a: SessionEvent, b: SessionEvent): boolean {
  return a.actions.pinned === b.actions.pinned && a.actions.skipSummarization === b.actions.skipSummarization;
}
