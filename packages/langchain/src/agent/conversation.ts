import type { BaseMessage } from "@langchain/core/messages";
import {
  type Clock,
  type EventInput,
  FoldedLog,
  type SessionEvent,
  type SessionSummary,
  type TranscriptFormat,
} from "@sessionfold/core";
import { Calibration, createEvent, StatisticsTracker, type TokenLedger } from "@sessionfold/core/engine";
import { MessageEvents, type MessageReading } from "../messages/message-events.ts";
import { isSameMessage } from "../messages/same-message.ts";
import { recordOf, type SummaryRecord } from "../messages/summary-records.ts";
import { PlainList } from "./plain-list.ts";

/** What all conversations of one filter share. */
export interface ConversationSetup {
  /** What conversations that begin alike have in common. */
  readonly beginning: string;
  readonly reading: MessageReading;
  readonly clock: Clock;
  readonly ledger: TokenLedger;
  readonly transcript: TranscriptFormat;
}

/** Digests of a list of messages, worked out as they are needed. */
export type DigestAt = (at: number) => number;

/**
 * What is known of one list of messages: its folded log, figures, and the summaries that no message carries yet. It grows
 * at its end only; a list that differs further up is another conversation.
 */
export class Conversation {
  readonly log: FoldedLog;
  readonly calibration: Calibration = new Calibration();
  readonly statistics: StatisticsTracker;
  /** A fold in progress. */
  folding: Promise<unknown> | undefined;
  /** A call waits for the fold in progress, and sends what it finds here: until then nothing is appended. */
  isHeld = false;
  readonly #setup: ConversationSetup;
  readonly #reader: MessageEvents;
  readonly #messages: BaseMessage[] = [];
  readonly #digests: number[] = [];
  readonly #events: SessionEvent[] = [];
  readonly #plain = new PlainList();
  readonly #unstored = new Map<string, SummaryRecord>();
  readonly #carried = new Set<string>();

  /** Reads a list. `like` is a conversation that begins with the same `shared` messages. */
  constructor(
    setup: ConversationSetup,
    messages: readonly BaseMessage[],
    digestAt: DigestAt,
    like?: { readonly conversation: Conversation; readonly shared: number },
  ) {
    this.#setup = setup;
    this.#reader = new MessageEvents(setup.reading);
    const { scope } = setup.reading;
    const entries: SessionEvent[] = [];
    for (const [at, message] of messages.entries()) {
      const isShared = like !== undefined && at < like.shared;
      const event = isShared ? like.conversation.#events[at] : undefined;
      entries.push(...this.#take(message, digestAt(at), event));
    }
    entries.push(...this.#rest());
    for (const record of like === undefined ? [] : like.conversation.unstored) {
      const event = this.#reader.summaryEvent(record);
      if (event === undefined || entries.some(({ id }) => id === event.id)) continue;
      this.#unstored.set(event.id, record);
      entries.push(event);
    }
    this.log = FoldedLog.of(entries);
    this.statistics = new StatisticsTracker(this.log, {
      ledger: setup.ledger,
      format: setup.transcript,
      scope,
      calibration: this.calibration,
    });
  }

  /** What it has in common with conversations that begin alike. */
  get beginning(): string {
    return this.#setup.beginning;
  }

  /** How many messages it has read. */
  get length(): number {
    return this.#messages.length;
  }

  /** Whether the list so far is a sound request with nothing folded: its window is the list. */
  get isPlain(): boolean {
    return this.log.effective.length === 0 && this.#plain.isPlain;
  }

  /** Records of the summaries that no message carries yet. */
  get unstored(): readonly SummaryRecord[] {
    return [...this.#unstored.values()];
  }

  /** How many messages a list begins with that stand here too, at the same places. */
  sharedWith(messages: readonly BaseMessage[], digestAt: DigestAt): number {
    const end = Math.min(this.#messages.length, messages.length);
    let at = 0;
    for (; at < end; at++) {
      const [known, given] = [this.#messages[at], messages[at]];
      if (known === given || known === undefined || given === undefined) continue;
      if (!isSameMessage(known, given) && this.#digests[at] !== digestAt(at)) break;
    }
    return at;
  }

  /** Takes over a list that begins with all that was read here: fresh objects of known messages, and new messages. */
  follow(messages: readonly BaseMessage[], digestAt: DigestAt): void {
    for (const [at, message] of messages.entries()) {
      if (at < this.#messages.length) {
        if (this.#messages[at] !== message) this.#messages[at] = message;
        continue;
      }
      for (const event of this.#take(message, digestAt(at))) this.log.append(event);
    }
    for (const event of this.#rest()) this.log.append(event);
  }

  /** Appends a summary that was made just now. The record of it is undefined where what it covers is not all here. */
  commit(input: EventInput, summary: SessionSummary): SummaryRecord | undefined {
    this.log.append(createEvent(input, this.#reader.nextSummarySeq(), this.#setup.clock));
    const digest = this.#reader.digestOfCovered(summary);
    if (digest === undefined) return undefined;
    const record = recordOf(summary, digest);
    this.#unstored.set(summary.id, record);
    return record;
  }

  /** Takes in a summary that was made elsewhere, if all that it covers is here and as it was. */
  takeUp(summaryId: string, record: SummaryRecord): void {
    if (this.log.get(summaryId) !== undefined) return;
    const event = this.#reader.summaryEvent(record);
    if (event === undefined) return;
    this.#unstored.set(event.id, record);
    this.log.append(event);
  }

  /** Whether one of the messages carries the summary. */
  carries(summaryId: string): boolean {
    return this.#carried.has(summaryId);
  }

  /** Where in the list the message of an event stands; undefined for what is no message of it. */
  indexOf(shown: SessionEvent): number | undefined {
    return this.#events[shown.seq] === shown ? shown.seq : undefined;
  }

  /** The message behind an event of a window, as the list at hand has it. */
  messageOf(shown: SessionEvent): BaseMessage | undefined {
    const at = this.indexOf(shown);
    return at === undefined ? shown.message : this.#messages[at];
  }

  #take(message: BaseMessage, digest: number, known?: SessionEvent): readonly SessionEvent[] {
    const { summaries, event } = this.#reader.add(message, { event: known, digest });
    this.#messages.push(message);
    this.#digests.push(digest);
    this.#events.push(event);
    this.#plain.add(event);
    this.#keep(summaries);
    return [...summaries, event];
  }

  #rest(): readonly SessionEvent[] {
    return this.#keep(this.#reader.rest());
  }

  #keep(carried: readonly SessionEvent[]): readonly SessionEvent[] {
    for (const { id } of carried) {
      this.#carried.add(id);
      this.#unstored.delete(id);
    }
    return carried;
  }
}
