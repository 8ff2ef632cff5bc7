import {
  type AppendEventRequest,
  type ConditionalAppendService,
  type FoldedSession,
  type FoldKeepingService,
  isSessionfoldError,
  keyOf,
  type Lease,
  type LeaseRequest,
  type LeasingService,
  type SearchingService,
  type SessionEvent,
  type SessionKey,
} from "@sessionfold/core";
import type { Store } from "../../stores/shared-stores.ts";
import type { LeaseBook } from "./lease-book.ts";
import { nameOf, type Storage } from "./storage.ts";
import { PrunableStoreView, type StoreObserver } from "./store-view.ts";

/** What every view of a shared store works with. */
export interface SharedBooks {
  readonly leases: LeaseBook;
  readonly now: () => number;
  /** Whether leases end by the machine's time, which does not pass in a run. */
  readonly leasesByMachine: boolean;
}

/** Longer than any run takes. */
const NEVER_MS = 3_600_000;

/** Leases go with their session. */
const NOBODY = -1;

type HeldRequest = SessionKey & { readonly lease: Lease };

/** A store with all that a store may offer, as one of several processes sees it. */
export class SharedStoreView
  extends PrunableStoreView
  implements ConditionalAppendService, LeasingService, FoldKeepingService, SearchingService
{
  readonly supportsConditions = true;
  readonly #store: Store;
  readonly #books: SharedBooks;

  constructor(name: string, storage: Storage, observer: StoreObserver, store: Store, books: SharedBooks) {
    super(name, storage, { throughText: false, readsAll: false, isSilent: false }, observer, store);
    this.#store = store;
    this.#books = books;
  }

  protected override async append(request: AppendEventRequest): Promise<SessionEvent> {
    const { session, event, condition } = request;
    const name = nameOf(keyOf(session));
    const { events, incarnation } = this.storage.latest(name);
    const isKnown = events?.some(({ id }) => id === event.id) === true;
    const isEnd = condition?.lastSeq === undefined || condition.lastSeq === (events?.at(-1)?.seq ?? -1);
    const isHolder =
      condition?.lease === undefined || this.#books.leases.isNewest(name, incarnation, condition.lease);
    const holds = isKnown || (isEnd && isHolder);
    try {
      const stored = await super.append(request);
      if (!holds) this.observer.broken("an event is stored against its condition");
      return stored;
    } catch (error) {
      const code = isSessionfoldError(error) ? error.code : undefined;
      if (holds && (code === "append-conflict" || code === "lease-lost"))
        this.observer.broken("an event is refused although its condition holds");
      throw error;
    }
  }

  readFolded(request: SessionKey & { readonly counter?: string | undefined }): Promise<FoldedSession | null> {
    return this.call("readFolded", keyOf(request), () =>
      this.storage.read(async () => {
        const session = await this.#store.readFolded(request);
        this.hasRead(request);
        return session;
      }),
    );
  }

  saveFold(request: Parameters<FoldKeepingService["saveFold"]>[0]): Promise<void> {
    const save = async (): Promise<void> => {
      await this.#store.saveFold(request);
      await this.storage.look(keyOf(request));
    };
    // What is derived from the log may be kept at any time.
    return this.call("saveFold", keyOf(request), () => this.storage.read(save), true);
  }

  searchEvents(request: Parameters<SearchingService["searchEvents"]>[0]): Promise<readonly SessionEvent[]> {
    return this.call("searchEvents", keyOf(request), () =>
      this.storage.read(() => this.#store.searchEvents(request)),
    );
  }

  acquireLease(request: LeaseRequest): Promise<Lease | null> {
    const { leases, leasesByMachine, now } = this.#books;
    return this.#beside("acquireLease", request, async (key, incarnation) => {
      const { name, ttlMs } = request;
      const before = leases.newest(key, incarnation, name);
      // Whoever takes a lease next cannot tell one that was given back from one that has ended.
      if (leasesByMachine && before !== undefined && !before.isOver && before.expiresAt <= now())
        await this.#store.releaseLease({ ...request, lease: before.lease });
      const lease = await this.#store.acquireLease({
        ...request,
        ttlMs: leasesByMachine ? NEVER_MS : ttlMs,
      });
      leases.acquired({ decorator: this.name, key, incarnation, name, ttlMs }, lease);
      return lease;
    });
  }

  renewLease(request: HeldRequest & { readonly ttlMs: number }): Promise<boolean> {
    const { leases, leasesByMachine } = this.#books;
    return this.#beside("renewLease", request, async (key, incarnation) => {
      const ttlMs = leasesByMachine ? NEVER_MS : request.ttlMs;
      const isRenewed = await this.#store.renewLease({ ...request, ttlMs });
      leases.renewed(key, incarnation, request.lease, request.ttlMs, isRenewed);
      return isRenewed;
    });
  }

  releaseLease(request: HeldRequest): Promise<void> {
    return this.#beside("releaseLease", request, async (key) => {
      await this.#store.releaseLease(request);
      this.#books.leases.released(key, request.lease);
    });
  }

  /** A call about a lease, which goes on beside others for the same session. */
  #beside<T>(
    method: string,
    request: SessionKey,
    work: (key: string, incarnation: number) => Promise<T>,
  ): Promise<T> {
    const name = nameOf(request);
    const ask = (): Promise<T> => {
      const { events, incarnation } = this.storage.latest(name);
      return work(name, events === null ? NOBODY : incarnation);
    };
    return this.call(method, keyOf(request), () => this.storage.read(ask), true);
  }
}
