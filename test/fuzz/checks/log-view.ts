import { FoldedLog, isConversationEvent, type SessionEvent, windowOf } from "@sessionfold/core";
import { type ReferenceFold, referenceFold } from "../../support/reference-fold.ts";
import { bytesOf } from "../support/scripted-summarizer.ts";
import type { Version } from "../support/storage.ts";

/** What a log amounts to, by the naive rules and by the product's, computed once. */
export interface LogView {
  readonly events: readonly SessionEvent[];
  readonly said: readonly SessionEvent[];
  readonly naive: ReferenceFold;
  readonly folded: FoldedLog;
  /** The window, each event as text. */
  window(agent?: string, merged?: boolean): readonly SessionEvent[];
}

const views = new WeakMap<Version, LogView>();

/** The view of a version; that of no session is empty. */
export function viewOf(version: Version): LogView {
  let view = views.get(version);
  if (view === undefined) {
    view = makeView(version.events ?? []);
    views.set(version, view);
  }
  return view;
}

/** The view of a list of entries in log order. */
export function makeView(events: readonly SessionEvent[]): LogView {
  const folded = FoldedLog.of(events);
  const windows = new Map<string, readonly SessionEvent[]>();
  return {
    events,
    said: events.filter(isConversationEvent),
    naive: referenceFold(events),
    folded,
    window: (agent, merged = false) => {
      const name = `${merged} ${agent ?? ""}`;
      const known = windows.get(name) ?? windowOf(folded, { agent, mergeSummaries: merged });
      windows.set(name, known);
      return known;
    },
  };
}

/**
 * Whether one of these summaries, by default the effective ones, covers what is not in the log. That is so once events are pruned, and where one process deletes a
 * session and makes it anew between another one's last read and its write: the summary is then of the session that is gone.
 */
export function lacksCovered({ said, naive }: LogView, summaries = naive.effective): boolean {
  const stored = new Set(said.map(({ id }) => id));
  return summaries.some((summary) => [...naive.covers(summary)].some((id) => !stored.has(id)));
}

/** A list of events byte for byte, positions included. */
export function textOf(events: readonly SessionEvent[]): string {
  return events.map((event) => `${event.seq} ${bytesOf(event)}`).join("\n");
}

/** What is said of an event when nothing but its text counts: its calls and its content. */
export function callsOf(event: SessionEvent): readonly string[] {
  type Calls = readonly { readonly id?: string }[];
  const message = event.message as { tool_calls?: Calls; invalid_tool_calls?: Calls } | undefined;
  return [...(message?.tool_calls ?? []), ...(message?.invalid_tool_calls ?? [])].map(({ id }) => id ?? "");
}

/** Ids of calls for which a result is missing while no user has spoken since. A result answers the nearest call of its id. */
export function pendingCalls(said: readonly SessionEvent[]): ReadonlySet<string> {
  const open: { readonly id: string; readonly calls: readonly string[]; readonly left: string[] }[] = [];
  for (const event of said.slice(lastUserOf(said) + 1)) {
    const calls = callsOf(event);
    if (calls.length > 0) open.push({ id: event.id, calls, left: [...calls] });
    const answered = (event.message as { tool_call_id?: string } | undefined)?.tool_call_id;
    if (answered === undefined) continue;
    const nearest = open.findLast((round) => round.calls.includes(answered));
    const at = nearest?.left.indexOf(answered) ?? -1;
    if (at >= 0) nearest?.left.splice(at, 1);
  }
  return new Set(open.filter(({ left }) => left.length > 0).map(({ id }) => id));
}

/** Index of the last event by which a user spoke; -1 without one. */
export function lastUserOf(said: readonly SessionEvent[]): number {
  return said.findLastIndex(({ author, message }) => author === "user" && message?.type === "human");
}
