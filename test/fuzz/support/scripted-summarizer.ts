import {
  eventToJson,
  type Summarizer,
  type SummarizerRequest,
  type SummarizerResult,
} from "@sessionfold/core";

/** What a summarizer does with a call. */
export type Behaviour =
  | "good"
  | "throws"
  | "transient"
  | "empty"
  | "long"
  | "hangs"
  | "slow"
  | "late-after-abort";

/** Every behaviour. */
export const BEHAVIOURS: readonly Behaviour[] = [
  "good",
  "throws",
  "transient",
  "empty",
  "long",
  "hangs",
  "slow",
  "late-after-abort",
];

/** A call to a summarizer, as it was made. */
export interface AskedSummary {
  readonly id: string;
  readonly decorator: string;
  readonly scope: string | undefined;
  /** The session that it is of, as what is read says. */
  readonly session: string;
  /** The events as they were read, by their ids. */
  readonly read: ReadonlyMap<string, string>;
  readonly order: readonly string[];
  readonly previous: readonly string[];
}

/** A call in progress. */
export interface RunningSummary {
  readonly decorator: string;
  /** Number of the key. */
  readonly key: number;
  /** The session, as its texts name it. */
  readonly session: string;
  readonly scope: string | undefined;
  /** Of the session and scope. */
  readonly name: string;
  /** The version of the store at which it began. */
  readonly since: number;
}

/** What a summarizer's run looks after. */
export interface SummarizerObserver {
  gate(label: string): Promise<void>;
  /** What the next call does; good where nothing was asked for. */
  nextBehaviour(): Behaviour;
  /** The latest version that the store has of a key. */
  versionOf(key: number): number;
  /** A call has begun, beside these. */
  began(running: RunningSummary, others: Iterable<RunningSummary>): void;
  broken(what: string): void;
}

/** Summarizers of a run. They do what the run says, and what they are asked is kept. */
export class SummarizerScript {
  readonly asked = new Map<string, AskedSummary>();
  /** Calls in progress that nobody has called off. */
  readonly running = new Set<RunningSummary>();
  /** Decorators that somebody closes, or has closed. */
  readonly closing = new Set<string>();
  /** Decorators that were closed: they must not begin anything. */
  readonly closed = new Set<string>();
  readonly #observer: SummarizerObserver;
  readonly #hanging = new Set<() => void>();
  #answers = 0;

  constructor(observer: SummarizerObserver) {
    this.#observer = observer;
  }

  /** Whether a call hangs. */
  get isHanging(): boolean {
    return this.#hanging.size > 0;
  }

  /** Lets what hangs end. */
  release(): void {
    for (const end of [...this.#hanging]) end();
  }

  /** The summarizer of a decorator, for one scope. */
  summarizer(decorator: string, scope: string | undefined): Summarizer {
    return {
      name: `script of ${decorator}`,
      model: "script",
      summarize: (request) => this.#summarize(decorator, scope, request),
    };
  }

  async #summarize(
    decorator: string,
    scope: string | undefined,
    request: SummarizerRequest,
  ): Promise<SummarizerResult> {
    const { id, events, previous, signal } = request;
    const session = this.#sessionIn(request);
    this.asked.set(id, {
      id,
      decorator,
      scope,
      session,
      read: new Map(events.map((event) => [event.id, bytesOf(event)])),
      order: events.map((event) => event.id),
      previous: previous.map((summary) => summary.id),
    });
    if (this.closed.has(decorator)) this.#observer.broken("a summary was begun after the end");
    if (signal.aborted) this.#observer.broken("a summary was begun that had been called off");
    const name = `${decorator} ${session} ${scope ?? ""}`;
    const key = Number(session.slice(1, 2));
    if ([...this.running].some((other) => other.name === name))
      this.#observer.broken("two summaries of one session and scope at once");
    const since = this.#observer.versionOf(key);
    const running: RunningSummary = { decorator, key, session, scope, name, since };
    this.#observer.began(running, this.running);
    this.running.add(running);
    const ended = (): void => {
      this.running.delete(running);
    };
    signal.addEventListener("abort", ended, { once: true });
    try {
      return await this.#answer(request);
    } finally {
      ended();
    }
  }

  /** The session that a request is of: each message tells its own, and a summary is of what was read for it. */
  #sessionIn({ events, previous }: SummarizerRequest): string {
    for (const { message } of events) {
      const found = /\bK\d\.\d+\b/.exec(JSON.stringify([message?.text, message?.additional_kwargs]));
      if (found !== null) return found[0];
    }
    const known = previous.flatMap((summary) => this.asked.get(summary.id)?.session ?? []);
    if (known[0] === undefined) this.#observer.broken("a summary of no session");
    return known[0] ?? "";
  }

  async #answer(request: SummarizerRequest): Promise<SummarizerResult> {
    const { signal } = request;
    const behaviour = this.#observer.nextBehaviour();
    const text = `S${++this.#answers}`;
    await this.#observer.gate(`summarizer ${behaviour}`);
    switch (behaviour) {
      case "good":
        return { text };
      case "throws":
        throw new Error("the model is down");
      case "transient":
        throw Object.assign(new Error("busy"), { status: 503 });
      case "empty":
        return { text: "  " };
      case "long":
        return { text: `${text} ${request.transcript} and more than that` };
      case "slow":
        await new Promise((resolve) => setTimeout(() => resolve(undefined), 5000));
        return { text };
      case "hangs":
        await this.#hang(signal);
        throw new Error("the connection was cut");
      case "late-after-abort":
        await this.#hang(undefined);
        return { text };
    }
  }

  #hang(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (): void => {
        this.#hanging.delete(end);
        resolve();
      };
      this.#hanging.add(end);
      signal?.addEventListener("abort", () => {
        this.#hanging.delete(end);
        reject(signal.reason);
      });
    });
  }
}

/** An event byte for byte, but for its position, which is the store's. */
export function bytesOf(event: Parameters<typeof eventToJson>[0]): string {
  return JSON.stringify({ ...eventToJson(event), seq: undefined });
}
