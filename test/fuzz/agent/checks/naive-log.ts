import type { BaseMessage } from "@langchain/core/messages";
import type { SessionEvent, SessionSummaryJson } from "@sessionfold/core";
import type { Books, Made } from "../support/books.ts";
import { contentOf, contentsOf, flagsOf } from "../support/say.ts";

/** Whose records a reader heeds. */
export interface Reader {
  readonly scope: string | undefined;
}

/** The name under which all filters of a run leave their records. */
export const FILTER = "sessionfold";

interface Stamp {
  readonly records?: readonly { readonly summary: SessionSummaryJson }[];
}

/** Ids of the summaries that ride on a message, for one reader. */
export function recordsOn(message: BaseMessage, { scope }: Reader): readonly SessionSummaryJson[] {
  const stamps = (message.response_metadata.sessionfold ?? {}) as Readonly<Record<string, Stamp>>;
  const summaries = (stamps[FILTER]?.records ?? []).map(({ summary }) => summary);
  return scope === undefined ? summaries : summaries.filter((summary) => summary.scope === scope);
}

/** Whether everything that a summary names stands before `end` as it was when the summary was made. */
export function stillCounts(
  made: Made,
  messages: readonly BaseMessage[],
  end: number = messages.length,
  contents: Made["contents"] = made.contents,
): boolean {
  const { direct = [], omitted = [] } = made.summary?.coverage ?? {};
  return [...direct, ...omitted].every((id) => {
    const at = messages.findIndex((message) => message.id === id);
    const message = messages[at];
    return message !== undefined && at < end && contentOf(message) === contents.get(id);
  });
}

/**
 * Whether a summary counts in a list whichever of its lists it was made of. What it has read is the same in all of them;
 * what it leaves out, which counts too, nobody is shown.
 */
export function surelyCounts(made: Made, messages: readonly BaseMessage[]): boolean {
  return (
    stillCounts(made, messages) &&
    made.lists.every((list) => stillCounts(made, messages, messages.length, contentsOf(list)))
  );
}

/** Summaries on messages that count, as entries of a log; each stands just before the message that it rides on. */
export function stampedSummaries(
  messages: readonly BaseMessage[],
  reader: Reader,
  books: Books,
): readonly SessionEvent[] {
  return messages.flatMap((message, at) => {
    const records = recordsOn(message, reader);
    return records.flatMap((record, order) =>
      stillCounts(books.of(record.id), messages, at)
        ? [summaryEntry(record, at - 0.5 + order / (2 * records.length))]
        : [],
    );
  });
}

/** What a filter may still know of summaries that no message carries. */
export interface Kept {
  /** A filter that has seen all the thread keeps them where it made them; in a fork they come behind everything. */
  readonly place: "where made" | "last";
  /** Whether it remembers those that another one has absorbed without naming them. */
  readonly absorbed: boolean;
}

/**
 * Summaries that no message carries, with those that they stand on.
 */
export function unstampedSummaries(
  ids: Iterable<string>,
  stamped: readonly SessionEvent[],
  messages: readonly BaseMessage[],
  books: Books,
  kept: Kept,
): readonly SessionEvent[] {
  const found = new Map<string, Made>();
  const add = (id: string): void => {
    if (found.has(id) || stamped.some((event) => event.id === id)) return;
    const made = books.of(id);
    if (made.summary === undefined || !stillCounts(made, messages)) return;
    found.set(id, made);
    for (const replaced of made.summary.coverage.replaces) add(replaced);
    if (!kept.absorbed) return;
    for (const other of books.made.values())
      if (other.order < made.order && isWithin(other, made)) add(other.id);
  };
  for (const id of ids) add(id);
  return [...found.values()]
    .sort((a, b) => a.order - b.order)
    .map(({ summary, call, order }) => {
      const before = kept.place === "last" ? messages.length : Math.min(call.input.length, messages.length);
      const record = summary?.toJSON() as SessionSummaryJson;
      return summaryEntry(record, before - 0.9 + order / (4 * books.made.size));
    });
}

/** Messages as entries of a log, without a word of the product's own reading. */
export function saidEvents(messages: readonly BaseMessage[]): readonly SessionEvent[] {
  return messages.map((message, at) => {
    const { pinned, skipped } = flagsOf(message);
    return {
      id: message.id ?? `?${at}`,
      seq: at,
      author: message.type === "human" ? "user" : (message.name ?? message.type),
      message,
      timestamp: 0,
      actions: { ...(pinned && { pinned }), ...(skipped && { skipSummarization: true }) },
    };
  });
}

/** Whether a summary covers a part of what another one covers, in the same process. */
function isWithin(one: Made, other: Made): boolean {
  const direct = other.summary?.coverage.direct ?? [];
  const isSame = one.call.process === other.call.process && one.call.agent === other.call.agent;
  return isSame && one.summary?.coverage.direct.every((id) => direct.includes(id)) === true;
}

function summaryEntry(record: SessionSummaryJson, seq: number): SessionEvent {
  return { id: record.id, seq, author: "system", timestamp: 0, actions: { summary: record } };
}
