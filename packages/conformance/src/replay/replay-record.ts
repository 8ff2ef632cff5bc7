import {
  createEvent,
  type EventJson,
  eventFromJson,
  eventToJson,
  type SessionSummaryJson,
} from "@sessionfold/core";
import { matchesWords, withoutTemporaryState } from "@sessionfold/core/storage";
import type { SentEvent } from "./events-of.ts";

/** An entry that the log must hold: an event as it was sent, or a summary as it was acknowledged; null: not acknowledged. */
export type RecordedEntry =
  | { readonly kind: "event"; readonly event: Omit<EventJson, "seq"> }
  | { readonly kind: "summary"; readonly summary: SessionSummaryJson | null };

/** A search of a trajectory, with what it must find. */
export interface RecordedSearch {
  readonly query: string;
  readonly ids: readonly string[];
}

/** What must be there after a trajectory, kept by the harness without a look at any store. */
export class ReplayRecord {
  readonly entries: RecordedEntry[] = [];
  readonly searches: RecordedSearch[] = [];
  readonly state: Record<string, unknown> = {};

  /** The session was made. */
  created(state: Readonly<Record<string, unknown>>): void {
    this.#change(state);
  }

  /** An event is stored, acknowledged or not. A known id changes nothing, a partial one is not stored. */
  stored(event: SentEvent): void {
    if (event.partial === true || this.#has(event.id)) return;
    const { seq: _, ...json } = jsonOf(eventToJson(createEvent(withoutTemporaryState(event), 0, () => 0)));
    this.entries.push({ kind: "event", event: json });
    this.#change(event.actions?.stateDelta ?? {});
  }

  /** A summary is stored; null where the store said nothing. */
  folded(summary: SessionSummaryJson | null): void {
    this.entries.push({ kind: "summary", summary: summary === null ? null : jsonOf(summary) });
  }

  /** The ids that a search must find now, latest first. */
  find(query: string, limit: number): readonly string[] {
    const words = query.toLowerCase().split(/\s+/).filter(Boolean);
    const found = this.entries
      .flatMap((entry) => (entry.kind === "event" ? [entry.event] : []))
      .filter((event) => matchesWords(eventFromJson(event, 0), words))
      .map(({ id }) => id);
    const ids = found.reverse().slice(0, limit);
    this.searches.push({ query, ids });
    return ids;
  }

  #has(id: string): boolean {
    return this.entries.some((entry) => entry.kind === "event" && entry.event.id === id);
  }

  #change(delta: Readonly<Record<string, unknown>>): void {
    for (const [key, value] of Object.entries(jsonOf(delta)))
      if (!key.startsWith("temp:")) this.state[key] = value;
  }
}

/** A value as JSON has it. */
export function jsonOf<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}
