import assert from "node:assert/strict";
import {
  InMemorySessionService,
  isSessionfoldError,
  type SessionEvent,
  type SessionKey,
  type SessionService,
  SessionSummarizer,
  type SummarizingSessionService,
  withSummaries,
} from "@sessionfold/core";
import type { Scheduler } from "fast-check";
import type { Store } from "../../stores/shared-stores.ts";
import { BlobSessionService, LiveObjectService, ReplacingService } from "../../support/foreign-services.ts";
import { checkChange } from "../checks/check-change.ts";
import { checkLease } from "../checks/check-lease.ts";
import { checkKept } from "../checks/check-store.ts";
import { type FuzzConfig, isOwn, type StoreKind, triggerOf } from "./config.ts";
import { LeaseBook } from "./lease-book.ts";
import { type Behaviour, type RunningSummary, SummarizerScript } from "./scripted-summarizer.ts";
import { SharedStoreView } from "./shared-store-view.ts";
import type { SharedStorage } from "./shared-stores.ts";
import { nameOf, type OnChange, Storage, type Version } from "./storage.ts";
import { type Fault, PrunableStoreView, StoreDown, StoreView } from "./store-view.ts";
import { VirtualTime } from "./virtual-time.ts";

/** The sessions of a run: two users who have given theirs the same id. */
export const KEYS: readonly SessionKey[] = [
  { appName: "app", userId: "user-0", sessionId: "session" },
  { appName: "app", userId: "user-1", sessionId: "session" },
];

/** Turns of the event loop's queue without anything to do, after which nothing more is expected. */
const STILL = 200;
/** Turns that work gets to come to its next wait, before it is said who goes on. */
const A_WHILE = 20;
/** The machine's own, as the product keeps it: what is started outside of a run waits for it. */
const { setImmediate: soon } = globalThis;
const turn = (): Promise<void> => new Promise((resolve) => soon(resolve));

/** Moments after which what hangs is let go, also where somebody waits for it. */
const LONG_WAITED = 150;
/** Moves of work until it is said that it never comes to rest. */
const MOST_MOVES = 50_000;

/** Time and versions between the beginning of a call and its end. */
export interface Span {
  readonly key: string;
  /** What the store held for the key at any time in between. */
  readonly versions: readonly Version[];
}

/** A call that was begun. */
export interface Call {
  readonly label: string;
  /** It may not wait for a summary. */
  readonly isPrompt: boolean;
  isOver: boolean;
}

/** An append that somebody asked for. */
export interface Attempt {
  readonly key: string;
  readonly id: string;
  readonly decorator: string;
  readonly order: number;
  readonly bytes: string;
}

/** One decorator over the store. */
export interface Decorator {
  readonly name: string;
  readonly service: SummarizingSessionService;
  readonly script: ReturnType<SummarizerScript["summarizer"]>;
  /** How often each text was counted. */
  readonly counted: Map<string, number>;
}

/** Everything that a run works on, and the books that it is checked against. */
export class World {
  readonly config: FuzzConfig;
  readonly time = new VirtualTime();
  readonly script: SummarizerScript;
  readonly storage: Storage;
  readonly decorators: Decorator[] = [];
  readonly retired: Decorator[] = [];
  readonly attempts: Attempt[] = [];
  readonly acknowledged: { readonly key: string; readonly incarnation: number; readonly id: string }[] = [];
  readonly partial = new Set<string>();
  readonly calls = new Set<Call>();
  readonly faults: Fault[] = [];
  readonly behaviours: Behaviour[] = [];
  readonly numbers = new Map<string, number>();
  readonly scheduler: Scheduler | undefined;
  /** A store of several processes, with all that a store may offer. */
  readonly shared: SharedStorage | undefined;
  readonly leases: LeaseBook;
  /** How often a kept fold could be gone on from. */
  resumed = 0;
  faultsTaken = 0;
  steps = 0;
  /** While all comes to rest and is checked, nothing fails any more. */
  isSettling = false;
  #made = 0;
  #moves = 0;
  #problem: unknown;

  constructor(config: FuzzConfig, scheduler: Scheduler | undefined, shared?: SharedStorage) {
    this.config = config;
    this.scheduler = scheduler;
    this.shared = shared;
    this.script = new SummarizerScript(this);
    this.leases = new LeaseBook(this.time.now, (what) => this.broken(what));
    const onChange: OnChange = (key, change, now, before) => {
      try {
        checkChange(this, key, change, now, before);
      } catch (error) {
        this.report(error);
      }
    };
    const store = shared?.connect(this.time.now);
    this.storage =
      store === undefined
        ? new Storage(serviceOf(config.store, this.time.now), onChange)
        : new Storage(store, onChange, (key) =>
            checkKept(this, store, key).catch((error) => this.report(error)),
          );
    for (let at = 0; at < config.decorators; at++) this.decorators.push(this.#decorator());
  }

  /** Where other work comes in between. */
  async gate(label: string): Promise<void> {
    await this.scheduler?.schedule(Promise.resolve(), label, undefined, async (act) => {
      await act();
      await this.#answered();
    });
  }

  /** Lets a store that is outside of virtual time answer, before it is said who goes on. */
  async #answered(): Promise<void> {
    if (this.shared === undefined) return;
    do {
      await this.storage.answered();
      await turn();
    } while (this.storage.isBusy);
  }

  takeFault(method: string): Fault | undefined {
    const at = this.isSettling ? -1 : this.faults.findIndex((fault) => fault.method === method);
    if (at < 0) return undefined;
    this.faultsTaken++;
    return this.faults.splice(at, 1)[0];
  }

  nextBehaviour(): Behaviour {
    return this.isSettling ? "good" : (this.behaviours.shift() ?? "good");
  }

  versionOf(key: number): number {
    const { appName, userId, sessionId } = KEYS[key] ?? { appName: "", userId: "", sessionId: "" };
    return this.storage.latest(nameOf({ appName, userId, sessionId })).index;
  }

  broken(what: string): void {
    this.report(new assert.AssertionError({ message: what }));
  }

  /** Keeps the first problem; it is thrown at the next step. */
  report(error: unknown): void {
    this.#problem ??= error;
  }

  /** Throws what was found since. */
  throwIfBroken(): void {
    if (this.#problem !== undefined) throw this.#problem;
  }

  /** Whether there has only ever been one decorator. */
  get isAlone(): boolean {
    return this.decorators.length + this.retired.length === 1;
  }

  /** Whether a summary is stored only if the log is still the one that it was made of. */
  get isExact(): boolean {
    return this.isAlone || this.shared !== undefined;
  }

  /** A decorator that begins now, and is gone after its first calls. */
  newcomer(): Decorator {
    return this.#decorator(this.storage.service as Store);
  }

  /** A summarizer was called, beside those that work. */
  began(running: RunningSummary, others: Iterable<RunningSummary>): void {
    checkLease(this, running, others);
  }

  /** A decorator by number. */
  decorator(at: number): Decorator {
    return this.decorators[at % this.decorators.length] as Decorator;
  }

  /** Puts a new decorator in the place of another. */
  restart(at: number): Decorator {
    const index = at % this.decorators.length;
    const old = this.decorators[index] as Decorator;
    this.retired.push(old);
    this.decorators[index] = this.#decorator();
    return old;
  }

  /**
   * Begins a call and goes on. At its end `check` looks at the result; an error must be one that the store's faults or
   * what happened to the session meanwhile explain.
   */
  begin<T>(
    label: string,
    key: SessionKey,
    options: { readonly isPrompt: boolean; readonly tolerates?: (error: unknown, span: Span) => boolean },
    run: () => Promise<T>,
    check: (result: T, span: Span) => void,
  ): Promise<void> {
    const name = nameOf(key);
    const from = this.storage.latest(name).index;
    const { faultsTaken } = this;
    const call: Call = { label, isPrompt: options.isPrompt, isOver: false };
    this.calls.add(call);
    const span = (): Span => ({ key: name, versions: this.storage.versions(name).slice(from) });
    const isExplained = (error: unknown): boolean =>
      (error instanceof StoreDown && this.faultsTaken > faultsTaken) ||
      (isCode(error, "session-not-found") && span().versions.some(({ events }) => events === null)) ||
      options.tolerates?.(error, span()) === true;
    return run()
      .then(
        (result) => check(result, span()),
        (error: unknown) => {
          if (!isExplained(error)) throw error;
        },
      )
      .catch((error: unknown) => this.report(error))
      .finally(() => {
        call.isOver = true;
        this.calls.delete(call);
      });
  }

  /** Lets work go on, in the scheduler's order, until nothing moves by itself any more. */
  async idle(): Promise<void> {
    for (let still = 0; still < STILL; still++) {
      await (still % A_WHILE === A_WHILE - 1 ? turn() : Promise.resolve());
      if (this.storage.isBusy) {
        await this.#answered();
        still = 0;
      }
      if (still < A_WHILE || (this.scheduler?.count() ?? 0) === 0) continue;
      await this.#move();
      still = 0;
    }
  }

  /** Lets one of those that wait go on. */
  async #move(): Promise<void> {
    // Work that goes round and round would fill the memory before anybody could say which run it was.
    if (this.#moves++ > MOST_MOVES) throw new assert.AssertionError({ message: "work never comes to rest" });
    await this.scheduler?.waitOne();
  }

  /** Lets work go on until this call has ended. */
  async drive<T>(work: Promise<T>): Promise<T> {
    let isOver = false;
    const end = (): void => {
      isOver = true;
    };
    work.then(end, end);
    for (let still = 0; !isOver; still++) {
      if (still > STILL * 10) throw new assert.AssertionError({ message: "a call at rest never ends" });
      await (still % A_WHILE === A_WHILE - 1 ? turn() : Promise.resolve());
      if (this.storage.isBusy) {
        await this.#answered();
        still = 0;
      }
      if (still < A_WHILE || (this.scheduler?.count() ?? 0) === 0) continue;
      await this.#move();
      still = 0;
    }
    return work;
  }

  /** Ends all that is under way: time passes, and what hangs is let go. */
  async settle(): Promise<void> {
    await this.idle();
    for (const { isPrompt, label } of this.calls) {
      if (isPrompt) this.broken(`${label} waits for a summary`);
    }
    this.throwIfBroken();
    for (const { service } of [...this.decorators, ...this.retired])
      void this.begin(
        "flush",
        KEYS[0] as SessionKey,
        { isPrompt: false },
        () => service.flush(),
        () => {},
      );
    for (let round = 0; this.calls.size > 0 || this.script.isHanging; round++) {
      if (round > 200) this.broken(`${[...this.calls].map(({ label }) => label).join(", ")} never ends`);
      this.throwIfBroken();
      // Who waits for another's lease looks again and again, for as long as the other hangs.
      if (this.time.isAwaited && round !== LONG_WAITED) this.time.advanceToNext();
      else this.script.release();
      await this.idle();
    }
    this.throwIfBroken();
  }

  #decorator(store: Store | undefined = this.shared?.connect(this.time.now)): Decorator {
    const { config } = this;
    const name = `d${this.#made++}`;
    const counted = new Map<string, number>();
    const script = this.script.summarizer(name, undefined);
    const habits = {
      throughText: config.store === "memory as text",
      readsAll: !isOwn(config.store) || config.store === "reads all",
      isSilent: config.store === "replacing",
    };
    const summarizer = new SessionSummarizer({
      summarizer: script,
      keep: config.keep,
      trigger: triggerOf(config.trigger),
      strategy: config.strategy,
      blockLimit: config.blockLimit,
      minGain: config.minGain,
      timeoutMs: config.timeoutMs,
      retry: config.retry ? { attempts: 2, jitter: 0 } : false,
      breaker: config.breaker ? { failures: 2, pauseMs: 2000 } : false,
      clock: this.time.now,
      tokenCounter: (text) => {
        counted.set(text, (counted.get(text) ?? 0) + 1);
        return text.length;
      },
      metadata: { keep: config.keep },
      ...(config.merged && { summaryMessage: { role: "merged" as const } }),
    });
    const limit = config.limit === "none" ? { limit: false as const } : {};
    const { shared, leases, time } = this;
    const View = isOwn(config.store) ? PrunableStoreView : StoreView;
    const inner =
      shared === undefined || store === undefined
        ? new View(name, this.storage, habits, this)
        : new SharedStoreView(name, this.storage, this, store, {
            leases,
            now: time.now,
            leasesByMachine: shared.leasesByMachine,
          });
    const service = withSummaries(inner, {
      summarizer,
      mode: config.mode,
      ...limit,
      ...(config.limit === "low" && { limit: triggerOf(config.trigger) }),
      maxCachedSessions: config.cached,
      maxConcurrentFolds: config.folds,
      maxWaitingSessions: config.waiting,
      leaseMs: config.leaseMs,
      logger: { warn: () => undefined },
    });
    return { name, service, script, counted };
  }
}

/** Whether an error is one of ours with that code. */
export function isCode(error: unknown, code: string): boolean {
  return isSessionfoldError(error) && error.code === code;
}

function serviceOf(store: StoreKind, clock: () => number): SessionService {
  switch (store) {
    case "blob":
      return new BlobSessionService();
    case "replacing":
      return new ReplacingService();
    case "live objects":
      return new LiveObjectService();
    default:
      return new InMemorySessionService({ clock });
  }
}

export type { SessionEvent };
