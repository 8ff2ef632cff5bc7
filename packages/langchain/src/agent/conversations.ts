import type { BaseMessage } from "@langchain/core/messages";
import { digestOf } from "../messages/message-digest.ts";
import { Conversation, type ConversationSetup } from "./conversation.ts";

/** Conversations that begin with the same message: forks of one thread. */
const MOST_FORKS = 8;

/** Where a list of messages belongs. */
export interface Place {
  readonly scope: string | undefined;
  readonly threadId?: string | undefined;
  readonly originals?: readonly BaseMessage[] | undefined;
  /** What it belonged to at the last look. It may be forgotten here by now, with summaries that no message carries yet. */
  readonly conversation?: Conversation | undefined;
}

/**
 * The conversations that a filter has seen lately. What is forgotten costs time, not correctness: it is read again from
 * the messages.
 */
export class Conversations {
  readonly #setup: Omit<ConversationSetup, "beginning">;
  readonly #limit: number;
  readonly #byBeginning = new Map<string, Conversation[]>();

  /** `limit`: of how many beginnings the conversations are kept. */
  constructor(setup: Omit<ConversationSetup, "beginning">, limit: number) {
    this.#setup = setup;
    this.#limit = limit;
  }

  /**
   * The conversation of a list of messages, up to date. Threads are kept apart, also those that begin alike. `originals` are
   * what is stored: by them a message is known.
   */
  of(messages: readonly BaseMessage[], place: Place): Conversation {
    const { scope, threadId, originals = messages } = place;
    const digests: number[] = [];
    const digestAt = (at: number): number => {
      digests[at] ??= digestOf(originals[at] as BaseMessage);
      return digests[at];
    };
    const key = JSON.stringify([
      threadId ?? "",
      scope ?? "",
      messages[0]?.id ?? (messages.length > 0 ? digestAt(0) : 0),
    ]);
    const known = withLast(this.#byBeginning.get(key) ?? [], key, place.conversation);
    let like: { conversation: Conversation; shared: number } | undefined;
    for (const conversation of known) {
      const shared = conversation.sharedWith(messages, digestAt);
      const isGrown = shared === conversation.length;
      if (isGrown && (!conversation.isHeld || shared === messages.length)) {
        conversation.follow(messages, digestAt);
        this.#use(key, known, conversation);
        return conversation;
      }
      if (shared > (like?.shared ?? 0)) like = { conversation, shared };
    }
    const reading = { ...this.#setup.reading, scope };
    const conversation = new Conversation(
      { ...this.#setup, reading, beginning: key },
      messages,
      digestAt,
      like,
    );
    this.#use(key, known, conversation);
    return conversation;
  }

  /** Puts a conversation in front of its forks, and those behind all others. */
  #use(key: string, forks: readonly Conversation[], used: Conversation): void {
    if (forks[0] !== used) forks = [used, ...forks.filter((fork) => fork !== used)].slice(0, MOST_FORKS);
    this.#byBeginning.delete(key);
    this.#byBeginning.set(key, [...forks]);
    for (const [beginning, conversations] of this.#byBeginning) {
      if (this.#byBeginning.size <= this.#limit) return;
      // Forgotten amid its fold, it would be folded once more beside that.
      const isFolding = conversations.some(({ folding }) => folding !== undefined);
      if (beginning !== key && !isFolding) this.#byBeginning.delete(beginning);
    }
  }
}

function withLast(
  known: readonly Conversation[],
  key: string,
  last: Conversation | undefined,
): readonly Conversation[] {
  return last === undefined || last.beginning !== key || known.includes(last) ? known : [...known, last];
}
