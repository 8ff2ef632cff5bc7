import {
  type AppendEventRequest,
  type CreateSessionRequest,
  conversationThreshold,
  type GetSessionRequest,
  InMemorySessionService,
  type ListSessionsRequest,
  type ListSessionsResponse,
  type OutcomeContext,
  type Session,
  type SessionEvent,
  type SessionKey,
  type SessionService,
  type SummarizeOutcome,
  type SummarizingSessionService,
  type WithSummariesOptions,
} from "@sessionfold/core";
import { numbered } from "../support/events.ts";
import { shown, turns } from "../support/folds.ts";
import { appendAll, decorated, KEY } from "../support/sessions.ts";
import { type StubSummarizer, stubSummarizer } from "../support/stub-summarizer.ts";

/** A promise and the function that fulfils it. */
export interface Gate {
  readonly opened: Promise<void>;
  readonly open: () => void;
}

export function gate(): Gate {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

/** Waits, turn by turn of the event loop, until it holds. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

/** Lets everything happen that nothing holds back any more. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** A summarizer whose calls wait until they are let go, one by one or all of them. */
export interface HeldSummarizer extends StubSummarizer {
  /** Lets the next call that waits answer with this text. */
  release(text?: string): void;
  /** Lets all calls answer from now on. */
  releaseAll(): void;
}

/** Answers nothing until it is told to. It heeds no signal, as a model that hangs does not. */
export function heldSummarizer(): HeldSummarizer {
  const waiting: ((text: string) => void)[] = [];
  let isHolding = true;
  const stub = stubSummarizer(
    () => new Promise<string>((resolve) => (isHolding ? waiting.push(resolve) : resolve("SUM"))),
  );
  return Object.assign(stub, {
    release: (text = "SUM") => waiting.shift()?.(text),
    releaseAll: () => {
      isHolding = false;
      for (const resolve of waiting.splice(0)) resolve("SUM");
    },
  });
}

/** A decorated session that folds in the background. */
export interface BackgroundSession {
  readonly sessions: SummarizingSessionService;
  readonly session: Session;
  readonly inner: SessionService;
  readonly outcomes: { readonly outcome: SummarizeOutcome; readonly context: OutcomeContext }[];
  readonly warnings: string[];
  /** Ids of the window, "S" for a summary; without waiting for a fold. */
  readonly window: () => Promise<readonly string[]>;
}

/** Due at the third turn, keeps one; other options may be given. */
export async function inBackground(
  options: WithSummariesOptions,
  inner: SessionService = new InMemorySessionService(),
): Promise<BackgroundSession> {
  const outcomes: BackgroundSession["outcomes"] = [];
  const warnings: string[] = [];
  const { sessions, session } = await decorated(
    {
      mode: "background",
      trigger: conversationThreshold(3),
      keep: { turns: 1 },
      onOutcome: (outcome, context) => outcomes.push({ outcome, context }),
      logger: { warn: (message) => warnings.push(message) },
      ...options,
    },
    inner,
  );
  const window = async () => shown((await sessions.getSession({ ...KEY, wait: false }))?.events ?? []);
  return { sessions, session, inner, outcomes, warnings, window };
}

/** Appends turns with the ids e0, e1, ... */
export async function appendTurns(
  { sessions, session }: Pick<BackgroundSession, "sessions" | "session">,
  count: number,
  from = 0,
): Promise<void> {
  await appendAll(sessions, session, numbered(turns(from + count)).slice(2 * from));
}

/** What is done before a call reaches the store; what it throws is the store's failure. */
export interface Intercepts {
  getSession?: ((request: GetSessionRequest) => unknown) | undefined;
  appendEvent?: ((request: AppendEventRequest) => unknown) | undefined;
}

/** A store whose calls can be held back and made to fail. */
export class InterceptedService implements SessionService {
  readonly #inner = new InMemorySessionService();
  /** May be changed at any time. */
  readonly intercepts: Intercepts = {};

  createSession(request: CreateSessionRequest): Promise<Session> {
    return this.#inner.createSession(request);
  }

  async getSession(request: GetSessionRequest): Promise<Session | null> {
    await this.intercepts.getSession?.(request);
    return this.#inner.getSession(request);
  }

  listSessions(request: ListSessionsRequest): Promise<ListSessionsResponse> {
    return this.#inner.listSessions(request);
  }

  deleteSession(request: SessionKey): Promise<void> {
    return this.#inner.deleteSession(request);
  }

  async appendEvent(request: AppendEventRequest): Promise<SessionEvent> {
    await this.intercepts.appendEvent?.(request);
    return this.#inner.appendEvent(request);
  }
}
