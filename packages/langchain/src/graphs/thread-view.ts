import {
  ConfigurationError,
  describe,
  type GetSessionRequest,
  keyOf,
  type ListSessionsRequest,
  type ListSessionsResponse,
  type Session,
  type SessionEvent,
  type SessionService,
  UnsupportedError,
} from "@sessionfold/core";
import { eventsOfMessages } from "../messages/message-events.ts";
import type { ResolvedThreadOptions } from "./thread-options.ts";
import { messagesOf, type Thread, type ThreadSource } from "./thread-source.ts";

const DEFAULT_PAGE = 100;

/** Threads as sessions, to be read. Their messages are events, the records on them events of summaries. */
export class ThreadView implements SessionService {
  readonly #source: ThreadSource;
  readonly #options: ResolvedThreadOptions;

  constructor(source: ThreadSource, options: ResolvedThreadOptions) {
    this.#source = source;
    this.#options = options;
  }

  async getSession(request: GetSessionRequest): Promise<Session | null> {
    const { appName, userId, sessionId } = keyOf(request);
    const thread = await this.#source.read(sessionId);
    if (thread === undefined) return null;
    const owner = this.#options.owner(thread.threadId, thread.values);
    if (owner?.appName !== appName || owner.userId !== userId) return null;
    return this.#sessionOf(thread, { appName, userId }, this.#eventsOf(thread));
  }

  async listSessions(request: ListSessionsRequest): Promise<ListSessionsResponse> {
    const { appName, userId, limit = DEFAULT_PAGE, cursor } = request;
    if (!Number.isInteger(limit) || limit < 1)
      throw new ConfigurationError(`Expected \`limit\` to be an integer above 0, got ${describe(limit)}`);
    const found: Session[] = [];
    for await (const thread of this.#source.all()) {
      const owner = this.#options.owner(thread.threadId, thread.values);
      if (owner?.appName !== appName || (userId !== undefined && owner.userId !== userId)) continue;
      if (cursor === undefined || thread.threadId > cursor) found.push(this.#sessionOf(thread, owner, []));
    }
    // A checkpointer has no order of threads that would hold from one page to the next.
    found.sort((a, b) => (a.id < b.id ? -1 : 1));
    const sessions = found.slice(0, limit);
    const last = sessions.at(-1);
    return { sessions, ...(found.length > limit && last !== undefined && { nextCursor: last.id }) };
  }

  createSession(): Promise<never> {
    return refuse();
  }

  deleteSession(): Promise<never> {
    return refuse();
  }

  appendEvent(): Promise<never> {
    return refuse();
  }

  #eventsOf(thread: Thread): SessionEvent[] {
    const { name, messagesKey } = this.#options;
    // Messages carry no time: what is known is when the thread was last written.
    const clock = (): number => thread.updatedAt;
    return [...eventsOfMessages(messagesOf(thread, messagesKey), { name, clock })];
  }

  #sessionOf(
    { threadId, values, updatedAt }: Thread,
    { appName, userId }: { readonly appName: string; readonly userId: string },
    events: SessionEvent[],
  ): Session {
    const { [this.#options.messagesKey]: _, ...state } = values;
    return { appName, userId, sessionId: threadId, id: threadId, state, events, lastUpdateTime: updatedAt };
  }
}

/** What a view answers to a call that would write. */
export async function refuse(): Promise<never> {
  throw new UnsupportedError("A view of threads can only be read: the graph's checkpointer keeps them");
}
