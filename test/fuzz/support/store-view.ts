import {
  type AppendEventRequest,
  type CreateSessionRequest,
  type EventInput,
  eventFromJson,
  eventToJson,
  type GetSessionRequest,
  keyOf,
  type ListSessionsRequest,
  type ListSessionsResponse,
  type Session,
  type SessionEvent,
  SessionExistsError,
  type SessionKey,
  type SessionService,
} from "@sessionfold/core";
import { nameOf, type Storage } from "./storage.ts";

/** What a store can be asked for in vain. */
export type FaultyMethod =
  | "getSession"
  | "appendEvent"
  | "deleteSession"
  | "deleteEvents"
  | "readFolded"
  | "saveFold"
  | "searchEvents"
  | "acquireLease"
  | "renewLease"
  | "releaseLease";

/** A call that a store answers with an error, before or after it has done what was asked. */
export interface Fault {
  readonly method: FaultyMethod;
  readonly when: "before" | "after";
}

/** The error of a fault. */
export class StoreDown extends Error {}

/** How a store behaves besides storing. */
export interface StoreHabits {
  /** Every event goes through JSON text on its way in and out. */
  readonly throughText: boolean;
  /** Knows neither `afterSeq` nor incarnations. */
  readonly readsAll: boolean;
  /** Answers an append with nothing. */
  readonly isSilent: boolean;
}

/** What a view tells its run of. */
export interface StoreObserver {
  /** Every call passes here twice, on its way in and on its way out; that is where other work comes in between. */
  gate(label: string): Promise<void>;
  /** Takes the fault that waits for such a call, if one does. */
  takeFault(method: string): Fault | undefined;
  /** Something that must not be. */
  broken(what: string): void;
}

/** Calls of one decorator at most: far more than a run makes. */
const MOST_CALLS = 20_000;

/** The store as one decorator sees it, over a connection that may fail at any call. */
export class StoreView implements SessionService {
  protected readonly storage: Storage;
  protected readonly observer: StoreObserver;
  protected readonly name: string;
  protected readonly service: Storage["service"];
  readonly #habits: StoreHabits;
  readonly #inProgress = new Map<string, number>();
  #calls = 0;
  /** Index of the version that was last read of a key. */
  readonly #readTo = new Map<string, number>();

  /** `service` is the one that the decorator has over the storage; by default all have the same. */
  constructor(
    name: string,
    storage: Storage,
    habits: StoreHabits,
    observer: StoreObserver,
    service: Storage["service"] = storage.service,
  ) {
    this.name = name;
    this.storage = storage;
    this.service = service;
    this.#habits = habits;
    this.observer = observer;
  }

  async createSession(request: CreateSessionRequest): Promise<Session> {
    const key = keyOf(request as SessionKey);
    return this.call("createSession", key, () =>
      this.storage.change(key, "create", async () => {
        if (this.storage.latest(nameOf(key)).events !== null) throw new SessionExistsError(key.sessionId);
        return this.#told(await this.service.createSession(request));
      }),
    );
  }

  async getSession(request: GetSessionRequest): Promise<Session | null> {
    const { afterSeq, ...rest } = request;
    const asked = this.#habits.readsAll ? rest : request;
    return this.call("getSession", keyOf(request), () =>
      this.storage.read(async () => {
        const session = await this.service.getSession(asked);
        this.hasRead(request);
        return session === null ? null : this.#told(session);
      }),
    );
  }

  listSessions(request: ListSessionsRequest): Promise<ListSessionsResponse> {
    return this.storage.read(() => this.service.listSessions(request));
  }

  async deleteSession(request: SessionKey): Promise<void> {
    await this.call("deleteSession", keyOf(request), () =>
      this.storage.change(request, "delete", () => this.service.deleteSession(request)),
    );
  }

  async appendEvent(request: AppendEventRequest): Promise<SessionEvent> {
    const { throughText, isSilent } = this.#habits;
    const key = keyOf(request.session);
    const event = throughText ? asText(request.event) : request.event;
    const append = async (): Promise<SessionEvent> => {
      const stored = await this.append({ ...request, event });
      return isSilent ? (undefined as unknown as SessionEvent) : throughText ? asText(stored) : stored;
    };
    return this.call("appendEvent", key, () =>
      this.storage.change(key, "append", append, this.#readTo.get(nameOf(key))),
    );
  }

  /** Asks the store, at a moment at which nobody else does. */
  protected append(request: AppendEventRequest): Promise<SessionEvent> {
    return this.service.appendEvent(request);
  }

  protected async delete(request: SessionKey & { readonly eventIds: readonly string[] }): Promise<number> {
    return this.call("deleteEvents", keyOf(request), () =>
      this.storage.change(request, "prune", async () => (await this.service.deleteEvents?.(request)) ?? 0),
    );
  }

  /** Notes that the decorator has read a key. */
  protected hasRead(key: SessionKey): void {
    const name = nameOf(key);
    this.#readTo.set(name, this.storage.latest(name).index);
  }

  /** A call that may fail. `isBeside`: it may go on beside another one for its key. */
  protected async call<T>(
    method: string,
    key: SessionKey,
    work: () => Promise<T>,
    isBeside: boolean = false,
  ): Promise<T> {
    if (this.#calls++ > MOST_CALLS) {
      // Work that goes round and round would fill the memory before anybody could say which run it was.
      this.observer.broken(`${this.name}: the store is asked again and again`);
      return new Promise(() => {});
    }
    const name = nameOf(key);
    const others = this.#inProgress.get(name) ?? 0;
    if (others > 0 && !isBeside)
      this.observer.broken(`${this.name}: two calls at once to the store for one key`);
    const counts = isBeside ? 0 : 1;
    this.#inProgress.set(name, others + counts);
    try {
      await this.observer.gate(`${this.name} ${method}`);
      const fault = this.observer.takeFault(method);
      if (fault?.when === "before") throw new StoreDown();
      const result = await work();
      await this.observer.gate(`${this.name} ${method} done`);
      if (fault !== undefined) throw new StoreDown();
      return result;
    } finally {
      this.#inProgress.set(name, (this.#inProgress.get(name) ?? counts) - counts);
    }
  }

  #told(session: Session): Session {
    const { incarnation, ...rest } = session;
    const events = this.#habits.throughText ? session.events.map(asText) : session.events;
    return { ...(this.#habits.readsAll ? rest : session), events };
  }
}

/** The same of a store that can delete single events. */
export class PrunableStoreView extends StoreView {
  deleteEvents(request: SessionKey & { readonly eventIds: readonly string[] }): Promise<number> {
    return this.delete(request);
  }
}

function asText(event: EventInput | SessionEvent): SessionEvent {
  return eventFromJson(JSON.parse(JSON.stringify(eventToJson(event as SessionEvent))));
}
