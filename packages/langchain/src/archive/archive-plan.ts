import { type AIMessage, type BaseMessage, RemoveMessage } from "@langchain/core/messages";
import { FoldedLog, isConversationEvent, type SessionEvent } from "@sessionfold/core";
import { isAiMessage, membersOf, type ToolRound } from "@sessionfold/core/engine";
import { digestOf } from "../messages/message-digest.ts";
import { EDITED, eventsOfMessages } from "../messages/message-events.ts";
import { stampedCopy } from "../messages/stamped-copy.ts";
import { type MessageStamp, type SummaryRecord, stampsOf } from "../messages/summary-records.ts";
import { collapseRecord, departure } from "./collapse-record.ts";

/** What to archive. */
export interface ArchivePlan {
  readonly kind: "archive";
  /** Events to append to the session service, in order: messages up to the last one that leaves, then summaries. */
  readonly events: readonly SessionEvent[];
  /** The change of the state: records on messages that stay, then the removals. */
  readonly update: readonly BaseMessage[];
  /** How many messages leave. */
  readonly messages: number;
  /** How many summaries stand for them. */
  readonly summaries: number;
}

/** Why nothing is archived. */
export interface NoArchive {
  readonly kind: "nothing";
  /** `no-survivor`: there is no AI message that the records could ride on. */
  readonly reason: "nothing-folded" | "too-few" | "no-survivor";
}

/**
 * Plans what of a thread's messages can leave its state: those that a summary of the whole thread stands for, in whole tool
 * rounds. Pinned messages stay, and behind a round that stays and lacks results all stays. So does the oldest answer that is
 * folded: a copy of the records rides on it.
 */
export function planArchive(
  messages: readonly BaseMessage[],
  { name, minMessages }: { readonly name: string; readonly minMessages: number },
): ArchivePlan | NoArchive {
  const log = FoldedLog.of(eventsOfMessages(messages, { name }));
  const folded = leavingEvents(log, messages);
  const spare = folded.find(({ message }) => message !== undefined && isPlainAnswer(message));
  const leaving = folded.filter((event) => event !== spare);
  if (leaving.length === 0) return { kind: "nothing", reason: "nothing-folded" };
  if (leaving.length < minMessages) return { kind: "nothing", reason: "too-few" };
  const leavingAt = new Set(leaving.map(({ seq }) => seq));
  const stamps = moveRecords(log, messages, leavingAt, spare?.seq);
  if (stamps === undefined) return { kind: "nothing", reason: "no-survivor" };
  const last = folded.at(-1)?.seq ?? -1;
  const wasStored = storedBefore(messages);
  return {
    kind: "archive",
    events: [
      ...log.events.filter((event) => isConversationEvent(event) && event.seq <= last && !wasStored(event)),
      ...summariesToStore(log, messages),
    ],
    update: [...stamps, ...leaving.map(({ message }) => new RemoveMessage({ id: message?.id ?? "" }))],
    messages: leaving.length,
    summaries: log.effective.length,
  };
}

function leavingEvents(log: FoldedLog, messages: readonly BaseMessage[]): readonly SessionEvent[] {
  const isScoped = log.effective.some(({ summary }) => summary.scope !== undefined);
  // What one agent has folded the others still read.
  const isFoldedForAll = (event: SessionEvent): boolean => {
    const covering = log.coveringSummary(event.id);
    return log.isHidden(event) && (covering === undefined ? !isScoped : covering.scope === undefined);
  };
  // A message without an id cannot be named in a removal.
  const mayGo = (event: SessionEvent): boolean =>
    isConversationEvent(event) && isFoldedForAll(event) && isIdOf(event, messages[event.seq]);
  const goes = (event: SessionEvent): boolean => {
    const round = log.rounds.roundOf(event);
    return mayGo(event) && (round === undefined || membersOf(round).every(mayGo));
  };
  const open = log.events.find((event) => isOpen(log.rounds.roundOf(event)) && !goes(event));
  return log.events.filter((event) => goes(event) && (open === undefined || event.seq < open.seq));
}

function isIdOf({ id }: SessionEvent, message: BaseMessage | undefined): boolean {
  return message?.id ? id === message.id || id.startsWith(message.id + EDITED) : false;
}

/** An answer that can stay alone. */
function isPlainAnswer(message: BaseMessage): boolean {
  return isAiMessage(message) && !message.tool_calls?.length && !message.invalid_tool_calls?.length;
}

function isOpen(round: ToolRound | undefined): boolean {
  return round !== undefined && (round.results.includes(undefined) || round.late.length > 0);
}

/** Tells what is in the service already: a message that stayed for the records, or one that has come back. */
function storedBefore(messages: readonly BaseMessage[]): (event: SessionEvent) => boolean {
  const covers = new Map([...recordsIn(messages)].flatMap(({ record }) => record.covers ?? []));
  return ({ id, message }) =>
    message !== undefined && covers.get(id) === digestOf(message as BaseMessage).toString(36);
}

/** Summaries in force and those that they replaced; what was archived before is in the service already. */
function summariesToStore(log: FoldedLog, messages: readonly BaseMessage[]): readonly SessionEvent[] {
  const archived = new Set<unknown>();
  for (const { record } of recordsIn(messages)) if (record.archived === true) archived.add(summaryId(record));
  return log.summaries.flatMap(({ summary, status }) => {
    const event = log.get(summary.id);
    const counts = status === "effective" || status === "superseded";
    return counts && event !== undefined && !archived.has(summary.id) ? [event] : [];
  });
}

/**
 * Copies of messages that stay, with the records of the summaries in force. Undefined where there is none to take them.
 * `spare`: the message that is kept for a copy of them although it is folded. It is older than all that stays, so taking
 * back the latest turns, however many, leaves it.
 */
function moveRecords(
  log: FoldedLog,
  messages: readonly BaseMessage[],
  leaving: ReadonlySet<number>,
  spare: number | undefined,
): readonly BaseMessage[] | undefined {
  const survivors = messages.flatMap((message, at) =>
    isAiMessage(message) && message.id !== undefined && !leaving.has(at) && at !== spare ? [at] : [],
  );
  if (survivors.length === 0 && spare === undefined) return undefined;
  const gone = departure(messages.length, leaving);
  const stays = (id: string): boolean => {
    const seq = log.get(id)?.seq;
    return seq !== undefined && !leaving.has(seq);
  };
  // A pinned message is shown beside its summary. Edited and unpinned later it must not vanish behind it: nobody has read
  // the new text.
  const staysHidden = (id: string): boolean => {
    const event = log.get(id);
    return event !== undefined && stays(id) && log.isHidden(event);
  };
  const found = [...recordsIn(messages)];
  const digests = digestsOf(log, found);
  const moved = new Map<number, MovedRecord[]>();
  for (const { summary, position } of log.effective) {
    const copies = found.filter(({ record }) => summaryId(record) === summary.id);
    const at = copies.find(({ record }) => record.spare !== true) ?? copies[0];
    if (at === undefined) continue;
    const covered = [...log.coveredIds(summary.id)];
    if (!leaving.has(at.index) && covered.every(stays)) continue;
    const mayReturn = covered.filter((id) => digests.has(id) && !stays(id)).slice(-MOST_REMEMBERED);
    const covers = [...covered.filter(staysHidden), ...mayReturn].map(
      (id) => [id, digests.get(id) ?? ""] as const,
    );
    const record = collapseRecord(summary, at.record.digest, {
      position,
      covers,
      omitted: summary.coverage.omitted.filter(staysHidden),
      departure: gone,
    });
    const carriers = carriersFor(at.index, survivors, spare !== undefined);
    for (const carrier of carriers)
      moved.set(carrier, [...(moved.get(carrier) ?? []), { name: at.name, record }]);
    if (spare === undefined) continue;
    const copy = { name: at.name, record: { ...record, spare: true } };
    moved.set(spare, [...(moved.get(spare) ?? []), copy]);
  }
  return [...moved].map(([at, records]) => withRecords(messages[at] as AIMessage, records));
}

/** Of so many archived messages it is known in the state what they were, should they come back. */
const MOST_REMEMBERED = 200;

interface MovedRecord {
  readonly name: string;
  readonly record: SummaryRecord;
}

/** The digests of all messages that are there, and of those that left with earlier summaries. */
function digestsOf(
  log: FoldedLog,
  found: readonly { readonly record: SummaryRecord }[],
): ReadonlyMap<string, string> {
  const digests = new Map<string, string>();
  for (const { record } of found) for (const [id, digest] of record.covers ?? []) digests.set(id, digest);
  for (const event of log.events)
    if (isConversationEvent(event) && event.message !== undefined)
      digests.set(event.id, digestOf(event.message as BaseMessage).toString(36));
  return digests;
}

/**
 * Where a record goes: to the message it was made for, or the next one that stays, since turns are counted from there. A
 * second copy, where there is no spare one, outlives that message's own deletion: nothing else tells of what was archived.
 * It goes behind the first one where there is a message; before it, the next fold may come some turns early.
 */
function carriersFor(index: number, survivors: readonly number[], hasSpare: boolean): readonly number[] {
  const next = survivors.findIndex((at) => at >= index);
  const first = next < 0 ? survivors.length - 1 : next;
  if (hasSpare) return [survivors[first]].filter((at) => at !== undefined);
  const second = first + 1 < survivors.length ? first + 1 : first - 1;
  return [survivors[first], survivors[second]].filter((at) => at !== undefined);
}

function withRecords(message: AIMessage, added: readonly MovedRecord[]): BaseMessage {
  let copy = message;
  for (const name of new Set(added.map((each) => each.name))) {
    const records = added.filter((each) => each.name === name).map(({ record }) => record);
    const ids = new Set(records.map(summaryId));
    // A spare copy of a summary that is not in force any more would stay for good.
    const kept = (stampsOf(copy)?.[name]?.records ?? []).filter(
      (record) => !ids.has(summaryId(record)) && record.spare !== true,
    );
    copy = stampedCopy(copy, name, { records: [...kept, ...records] });
  }
  return copy;
}

function* recordsIn(
  messages: readonly BaseMessage[],
): Generator<{ readonly index: number; readonly name: string; readonly record: SummaryRecord }> {
  for (const [index, message] of messages.entries()) {
    const stamps: Readonly<Record<string, MessageStamp>> = stampsOf(message) ?? {};
    for (const [name, stamp] of Object.entries(stamps)) {
      for (const record of stamp?.records ?? []) yield { index, name, record };
    }
  }
}

function summaryId({ summary }: SummaryRecord): unknown {
  return (summary as { id?: unknown } | null)?.id;
}
