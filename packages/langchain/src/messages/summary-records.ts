import type { BaseMessage } from "@langchain/core/messages";
import type { SessionSummary } from "@sessionfold/core";

/** Where the stamps lie in a message's `response_metadata`. */
const METADATA_KEY = "sessionfold";

/** A summary as it rides on the AI message it was made for. */
export interface SummaryRecord {
  /** Version of this form. A reader for every older one is kept. */
  readonly v: 1;
  /** `combinedDigest` of the messages that `summary.coverage` names, `direct` ones first, then `omitted` ones. */
  readonly digest: string;
  /** `SessionSummary.toJSON()`. */
  readonly summary: unknown;
  /** True once the messages it covers were archived and left the state: the record then counts without them. */
  readonly archived?: boolean;
  /**
   * Of an archived record: ids and digests of what it covers, the latest of them. It hides one that is in the list, again or
   * still, where it is what it was.
   */
  readonly covers?: readonly (readonly [id: string, digest: string])[];
  /** A copy of an archived record on a message that it covers. It counts where the list has no other copy. */
  readonly spare?: boolean;
}

/** What one filter left on a message. */
export interface MessageStamp {
  /** The agent that the message came from, where the filter folds the events of one agent. */
  readonly agent?: string;
  readonly records?: readonly SummaryRecord[];
}

/** The stamps of a message by the names of the filters that left them. */
export function stampsOf(message: BaseMessage): Readonly<Record<string, MessageStamp>> | undefined {
  const stamps: unknown = (message.response_metadata as Record<string, unknown> | undefined)?.[METADATA_KEY];
  return typeof stamps === "object" && stamps !== null
    ? (stamps as Readonly<Record<string, MessageStamp>>)
    : undefined;
}

/**
 * Leaves a stamp on a message, in place of one of the same name. It goes into `response_metadata` and into what LangChain
 * serialises; providers are not sent it.
 */
export function stampMessage(message: BaseMessage, name: string, stamp: MessageStamp): void {
  const stamps = { ...stampsOf(message), [name]: stamp };
  message.response_metadata = { ...message.response_metadata, [METADATA_KEY]: stamps };
  // LangChain keeps the very object that a message was made from: it may be the caller's, and make further messages.
  message.lc_kwargs = { ...message.lc_kwargs, response_metadata: message.response_metadata };
}

/** A record of a summary, with the digest of what it covers. */
export function recordOf(summary: SessionSummary, digest: string): SummaryRecord {
  return { v: 1, digest, summary: summary.toJSON() };
}

/** The records of a message that a reader of this name and scope heeds: its own, and for the session every agent's. */
export function recordsOf(
  message: BaseMessage,
  name: string,
  scope: string | undefined,
): readonly SummaryRecord[] {
  const stamps = stampsOf(message);
  if (stamps === undefined) return NONE;
  const found: SummaryRecord[] = [];
  for (const [stampedBy, stamp] of Object.entries(stamps)) {
    for (const record of stamp?.records ?? NONE) {
      if (record?.v !== 1) continue;
      const { scope: of } = (record.summary ?? {}) as { scope?: unknown };
      if (scope === undefined ? stampedBy === name || of !== undefined : stampedBy === name && of === scope)
        found.push(record);
    }
  }
  return found;
}

const NONE: readonly SummaryRecord[] = [];
