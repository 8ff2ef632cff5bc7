import type { BaseMessage } from "@langchain/core/messages";
import { type Clock, type EventActions, type SessionEvent, SessionSummary } from "@sessionfold/core";
import {
  isAiMessage,
  isHumanMessage,
  type SummaryWriter,
  summaryWriter,
  systemClock,
} from "@sessionfold/core/engine";
import { combinedDigest, digestOf, linkedDigest } from "./message-digest.ts";
import { recordsOf, type SummaryRecord, stampsOf } from "./summary-records.ts";

/** Who speaks in an AI message without a name. Nobody owns it. */
const UNNAMED = "assistant";

/** How messages are read as events. */
export interface MessageReading {
  /** Whose summaries count: the `name` of the filter that made them. Default "sessionfold". */
  readonly name?: string | undefined;
  /** The agent whose events alone are folded; undefined: the whole thread. */
  readonly scope?: string | undefined;
  /** Writes a summary as a message. Default: core's. */
  readonly summaryWriter?: SummaryWriter | undefined;
  /** Tells when an event was first seen: messages carry no time. */
  readonly clock?: Clock | undefined;
}

/** What one message adds to a log: the summaries that ride on it and still count, then its own event. */
export interface AddedMessage {
  readonly summaries: readonly SessionEvent[];
  readonly event: SessionEvent;
}

/** What is known of a message already. */
export interface KnownMessage {
  /** Its event in another list. */
  readonly event?: SessionEvent | undefined;
  /** What `digestOf` says of it. */
  readonly digest?: number | undefined;
}

/**
 * Reads a growing list of messages as a log of events. An event's id is the message's; where it has none, one of its content
 * and of that of all such messages before it: a text that is said twice is told apart, and a list that has lost one matches
 * no summary behind it. Its seq is the message's index. A summary counts while the messages it covers are as they were.
 */
export class MessageEvents {
  readonly #name: string;
  readonly #scope: string | undefined;
  readonly #writer: SummaryWriter;
  readonly #clock: Clock;
  readonly #digests = new Map<string, number>();
  /** What archived records cover, by id: a message that is another one by now gets an id of its own. */
  readonly #archived = new Map<string, string>();
  readonly #spare = new Map<unknown, SummaryRecord>();
  #chain = 0;
  #isPrompt = true;
  #index = 0;
  #lastSeq = -1;
  #turn: string | undefined;

  constructor(reading: MessageReading = {}) {
    this.#name = reading.name ?? DEFAULT_NAME;
    this.#scope = reading.scope;
    this.#writer = reading.summaryWriter ?? summaryWriter();
    this.#clock = reading.clock ?? systemClock;
  }

  /** Takes the next message. `known` spares the work for one that was looked at before. */
  add(message: BaseMessage, known: KnownMessage = {}): AddedMessage {
    const records = this.#withoutSpare(
      isAiMessage(message) ? recordsOf(message, this.#name, this.#scope) : NO_RECORDS,
    );
    const summaries = this.#summariesOf(records);
    const { digest = digestOf(message) } = known;
    // A prompt that is written anew for each call must not make all that follows it new.
    this.#isPrompt &&= message.type === "system";
    if (!message.id && !this.#isPrompt) this.#chain = linkedDigest(this.#chain, digest);
    const event = this.#reuse(known.event) ?? this.#eventOf(message, this.#idOf(message, digest));
    this.#digests.set(event.id, digest);
    if (isHumanMessage(message)) this.#turn = event.id;
    this.#lastSeq = this.#index++;
    // A hook can put a record only on a message that is there already, which the summary may cover itself.
    if (summaries.length < records.length) {
      const known = new Set(summaries.map(({ id }) => id));
      summaries.push(...this.#summariesOf(records).filter(({ id }) => !known.has(id)));
    }
    return { summaries, event };
  }

  /** Summaries that only a spare copy of the record tells of, at the end of the list. */
  rest(): SessionEvent[] {
    const records = [...this.#spare.values()];
    this.#spare.clear();
    return this.#summariesOf(records);
  }

  /** The place of a record says what it was made for. That of a spare one does not, so others come first. */
  #withoutSpare(records: readonly SummaryRecord[]): readonly SummaryRecord[] {
    if (records.length === 0) return records;
    for (const record of records) {
      const id = idOf(record);
      if (record.archived === true) this.#heed(record);
      if (record.spare === true) this.#spare.set(id, record);
      else this.#spare.delete(id);
    }
    return records.filter(({ spare }) => spare !== true);
  }

  #heed({ covers }: SummaryRecord): void {
    for (const [id, digest] of Array.isArray(covers) ? covers : NO_PAIRS)
      if (typeof id === "string" && typeof digest === "string") this.#archived.set(id, digest);
  }

  #summariesOf(records: readonly SummaryRecord[]): SessionEvent[] {
    return records.flatMap((record) => this.summaryEvent(record) ?? []);
  }

  /**
   * A record as the event of its summary, placed behind the messages so far. Undefined where it does not count: it
   * cannot be read, or what it covers is gone or no longer what it was.
   */
  summaryEvent(record: SummaryRecord): SessionEvent | undefined {
    const summary = readSummary(record);
    if (summary === undefined) return undefined;
    if (record.archived === true) return this.#placed(this.#ofWhatIsHere(summary, record));
    return record.digest === this.digestOfCovered(summary) ? this.#placed(summary) : undefined;
  }

  /** An archived summary without the messages that are here and no longer what it read. */
  #ofWhatIsHere(summary: SessionSummary, record: SummaryRecord): SessionSummary {
    this.#heed(record);
    const direct = summary.coverage.direct.filter((id) => {
      const [here, then] = [this.#digests.get(id), this.#archived.get(id)];
      return here === undefined || then === undefined || here.toString(36) === then;
    });
    if (direct.length === summary.coverage.direct.length) return summary;
    return SessionSummary.fromJSON({ ...summary.toJSON(), coverage: { ...summary.coverage, direct } });
  }

  /** A new summary as an event, placed behind the messages so far. */
  #placed(summary: SessionSummary): SessionEvent {
    return {
      id: summary.id,
      seq: this.nextSummarySeq(),
      author: "system",
      invocationId: "summary",
      message: this.#writer(summary),
      timestamp: summary.createdAt,
      actions: { summary: summary.toJSON() },
    };
  }

  /** The position of a summary that is made now: between the last entry and the next message. */
  nextSummarySeq(): number {
    this.#lastSeq = (this.#lastSeq + this.#index) / 2;
    return this.#lastSeq;
  }

  /** The digest of the messages that a summary names; undefined when one of them is not there. */
  digestOfCovered({ coverage }: SessionSummary): string | undefined {
    const digests: number[] = [];
    for (const id of [...coverage.direct, ...coverage.omitted]) {
      const digest = this.#digests.get(id);
      if (digest === undefined) return undefined;
      digests.push(digest);
    }
    return combinedDigest(digests);
  }

  /** A known event can stand again where everything that depends on its place is the same. */
  #reuse(known: SessionEvent | undefined): SessionEvent | undefined {
    if (known === undefined || known.seq !== this.#index) return undefined;
    return this.#digests.has(known.id) ? undefined : known;
  }

  #idOf(message: BaseMessage, digest: number): string {
    const id = this.#ownId(message, digest);
    let unique = id;
    for (let copy = 2; this.#digests.has(unique); copy++) unique = `${id}:${copy}`;
    return unique;
  }

  #ownId({ id }: BaseMessage, digest: number): string {
    const content = digest.toString(36);
    if (!id) return `content:${this.#isPrompt ? content : this.#chain.toString(36)}`;
    const then = this.#archived.get(id);
    return then === undefined || then === content ? id : `${id}${EDITED}${content}`;
  }

  #eventOf(message: BaseMessage, id: string): SessionEvent {
    const invocationId = isHumanMessage(message) ? id : this.#turn;
    return {
      id,
      seq: this.#index,
      author: this.#authorOf(message),
      message,
      ...(invocationId !== undefined && { invocationId }),
      timestamp: this.#clock(),
      actions: actionsOf(message),
    };
  }

  #authorOf(message: BaseMessage): string {
    if (isHumanMessage(message)) return "user";
    if (!isAiMessage(message)) return message.type;
    const author = message.name || stampsOf(message)?.[this.#name]?.agent;
    return author ?? (this.#scope === UNNAMED ? `unnamed ${UNNAMED}` : UNNAMED);
  }
}

/** The name under which records are left and looked for, unless another one is given. */
export const DEFAULT_NAME = "sessionfold";

/** A whole list of messages as a log of events, for `FoldedLog.of`. */
export function eventsOfMessages(
  messages: readonly BaseMessage[],
  reading: MessageReading = {},
): readonly SessionEvent[] {
  const reader = new MessageEvents(reading);
  const events = messages.flatMap((message) => {
    const { summaries, event } = reader.add(message);
    return [...summaries, event];
  });
  return [...events, ...reader.rest()];
}

/** Pins and skip flags of a message: `additional_kwargs.sessionfold`, of the shape `{ pinned: true }`. */
export function actionsOf(message: BaseMessage): EventActions {
  const flags: unknown = (message.additional_kwargs as Record<string, unknown> | undefined)?.sessionfold;
  if (typeof flags !== "object" || flags === null) return NO_ACTIONS;
  const { pinned, skipSummarization } = flags as { pinned?: unknown; skipSummarization?: unknown };
  return {
    ...(pinned === true && { pinned }),
    ...(skipSummarization === true && { skipSummarization }),
  };
}

/** Stands between the id of a message and the digest of its text, where another text of that id was archived. */
export const EDITED = "@";

/** The id of a record's summary. */
function idOf({ summary }: SummaryRecord): unknown {
  return (summary as { id?: unknown } | null)?.id;
}

const NO_PAIRS: NonNullable<SummaryRecord["covers"]> = [];
const NO_RECORDS: readonly SummaryRecord[] = [];
const NO_ACTIONS: EventActions = Object.freeze({});

function readSummary(record: SummaryRecord): SessionSummary | undefined {
  try {
    return SessionSummary.fromJSON(record.summary);
  } catch {
    // What rides on a message may come from anywhere. One that cannot be read covers nothing.
    return undefined;
  }
}
