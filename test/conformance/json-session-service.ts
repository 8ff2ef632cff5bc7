import {
  type AppendEventRequest,
  createEvent,
  type EventDeletingService,
  eventFromJson,
  eventToJson,
  type GetSessionRequest,
  InMemorySessionService,
  type Session,
  type SessionEvent,
  type SessionKey,
} from "@sessionfold/core";

/**
 * A service that holds nothing but text, as one with a database does: every event goes through JSON on its way in and on
 * its way out. Services over one storage see the same sessions.
 */
export class JsonSessionService extends InMemorySessionService implements EventDeletingService {
  readonly #storage: InMemorySessionService;

  constructor(storage: InMemorySessionService = new InMemorySessionService()) {
    super();
    this.#storage = storage;
  }

  /** One more service over the same storage. */
  another(): JsonSessionService {
    return new JsonSessionService(this.#storage);
  }

  override createSession: InMemorySessionService["createSession"] = (request) =>
    this.#storage.createSession(request);
  override listSessions: InMemorySessionService["listSessions"] = (request) =>
    this.#storage.listSessions(request);
  override deleteSession: InMemorySessionService["deleteSession"] = (request) =>
    this.#storage.deleteSession(request);
  override deleteEvents = (request: SessionKey & { readonly eventIds: readonly string[] }) =>
    this.#storage.deleteEvents(request);

  override async getSession(request: GetSessionRequest): Promise<Session | null> {
    const session = await this.#storage.getSession(request);
    return session === null ? null : { ...session, events: session.events.map(throughJson) };
  }

  override async appendEvent(request: AppendEventRequest): Promise<SessionEvent> {
    const { partial, ...event } = createEvent(request.event, 0, Date.now);
    if (partial === true) return { ...event, partial };
    return throughJson(await this.#storage.appendEvent({ ...request, event: throughJson(event) }));
  }
}

function throughJson(event: SessionEvent): SessionEvent {
  return eventFromJson(JSON.parse(JSON.stringify(eventToJson(event))));
}
