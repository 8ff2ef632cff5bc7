import {
  type AppendEventRequest,
  type CreateSessionRequest,
  createEvent,
  eventToJson,
  type GetSessionRequest,
  type ListSessionsResponse,
  type Session,
  type SessionEvent,
  type SessionKey,
  type SessionService,
} from "@sessionfold/core";

/** Session services as other people write them, each with a habit that has cost somebody events. */

abstract class ForeignService implements SessionService {
  protected readonly blobs = new Map<string, string>();

  async createSession(request: CreateSessionRequest): Promise<Session> {
    const session = {
      appName: request.appName,
      userId: request.userId,
      id: request.sessionId ?? "made-up",
      state: { ...request.state },
      events: [],
      lastUpdateTime: 0,
    } as unknown as Session;
    this.blobs.set(nameOf(request.appName, request.userId, session.id), JSON.stringify(session));
    return session;
  }

  async getSession(request: GetSessionRequest): Promise<Session | null> {
    const blob = this.blobs.get(nameOf(request.appName, request.userId, request.sessionId));
    return blob === undefined ? null : this.read(JSON.parse(blob) as Session);
  }

  async listSessions(): Promise<ListSessionsResponse> {
    return { sessions: [...this.blobs.values()].map((blob) => JSON.parse(blob) as Session) };
  }

  async deleteSession(request: SessionKey): Promise<void> {
    this.blobs.delete(nameOf(request.appName, request.userId, request.sessionId));
  }

  abstract appendEvent(request: AppendEventRequest): Promise<SessionEvent>;

  protected read(session: Session): Session {
    return session;
  }

  protected save(session: Session): void {
    this.blobs.set(nameOf(session.appName, session.userId, session.id), JSON.stringify(session));
  }
}

/** Puts the event into the session it was handed and stores that as one blob: a stale copy overwrites what is there. */
export class BlobSessionService extends ForeignService {
  async appendEvent({ session, event }: AppendEventRequest): Promise<SessionEvent> {
    const handed = session as unknown as Session;
    const stored = plain(event);
    handed.events.push(stored);
    this.save(handed);
    return stored;
  }
}

/** Hands out events by their timestamps, whatever order they were appended in. */
export class TimestampOrderedService extends ForeignService {
  async appendEvent({ session, event }: AppendEventRequest): Promise<SessionEvent> {
    const handed = session as unknown as Session;
    const blob = this.blobs.get(nameOf(handed.appName, handed.userId, handed.id));
    const current = JSON.parse(blob ?? "null") as Session;
    current.events.push(plain(event));
    this.save(current);
    return event as SessionEvent;
  }

  protected override read(session: Session): Session {
    session.events.sort((a, b) => a.timestamp - b.timestamp);
    return session;
  }
}

/** Replaces a stored event by a new one of the same id, and answers nothing. */
export class ReplacingService extends ForeignService {
  async appendEvent({ session, event }: AppendEventRequest): Promise<SessionEvent> {
    const handed = session as unknown as Session;
    const current = (await this.getSession({ ...handed, sessionId: handed.id })) as Session;
    const stored = plain(event);
    current.events = [...current.events.filter((known) => known.id !== stored.id), stored];
    this.save(current);
    return undefined as unknown as SessionEvent;
  }
}

/** Hands out its own live objects, which the next append changes under the caller's feet. */
export class LiveObjectService extends ForeignService {
  readonly #live = new Map<string, Session>();

  override async createSession(request: CreateSessionRequest): Promise<Session> {
    const session = await super.createSession(request);
    this.#live.set(nameOf(session.appName, session.userId, session.id), session);
    return session;
  }

  override async getSession(request: GetSessionRequest): Promise<Session | null> {
    return this.#live.get(nameOf(request.appName, request.userId, request.sessionId)) ?? null;
  }

  async appendEvent({ session, event }: AppendEventRequest): Promise<SessionEvent> {
    const handed = session as unknown as Session;
    const stored = createEvent(event, event.seq ?? handed.events.length, () => 0);
    this.#live.get(nameOf(handed.appName, handed.userId, handed.id))?.events.push(stored);
    return stored;
  }
}

function plain(event: AppendEventRequest["event"]): SessionEvent {
  return JSON.parse(JSON.stringify(eventToJson(createEvent(event, event.seq ?? 0, () => 0)))) as SessionEvent;
}

function nameOf(appName: string, userId: string, sessionId: string): string {
  return JSON.stringify([appName, userId, sessionId]);
}
