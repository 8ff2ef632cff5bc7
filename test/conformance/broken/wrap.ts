import type { StoreOptions } from "@sessionfold/conformance";
import {
  type AppendEventRequest,
  type EventInput,
  InMemorySessionService,
  type Session,
  type SessionKey,
  type SessionRef,
} from "@sessionfold/core";
import { JsonSessionService } from "../json-session-service.ts";

/** A service with one defect, in words and as the suite opens it. */
export interface Broken extends StoreOptions {
  readonly defect: string;
}

/** The same with the rule that catches it, for rules that more than one defect breaks. */
export interface AlsoBroken extends Broken {
  readonly rule: string;
}

/** The target with some of its methods replaced; everything else is passed on to it. */
export function wrap<T extends object>(target: T, methods: Partial<T>): T {
  return new Proxy(target, {
    get(_, name) {
      const from = name in methods ? methods : target;
      const value: unknown = Reflect.get(from, name, from);
      return typeof value === "function" ? (value.bind(from) as unknown) : value;
    },
  });
}

/** An in-memory service with a defect. */
export function broken(
  defect: string,
  methods: (inner: InMemorySessionService) => Partial<InMemorySessionService>,
): Broken {
  return {
    defect,
    create: () => {
      const inner = new InMemorySessionService();
      return wrap(inner, methods(inner));
    },
  };
}

/** Whether it can be an event at all, and is not a piece of one. */
export function isWhole(event: EventInput): boolean {
  const isObject = typeof event === "object" && event !== null;
  return isObject && (event as { id?: unknown }).id !== "" && event.partial !== true;
}

/** One that stores something else than it was given. */
export function storing(defect: string, edit: (event: EventInput) => EventInput): Broken {
  return broken(defect, (inner) => ({
    // What is no event is refused as such, and pieces pass.
    appendEvent: (request) =>
      isWhole(request.event)
        ? inner.appendEvent({ ...request, event: edit(request.event) })
        : inner.appendEvent(request),
  }));
}

/** One that hands out something else than it has stored. */
export function showing(defect: string, edit: (session: Session) => Partial<Session>): Broken {
  return broken(defect, (inner) => ({
    getSession: async (request) => {
      const session = await inner.getSession(request);
      return session && { ...session, ...edit(session) };
    },
  }));
}

/** One that keeps sessions by another key than they have. */
export function keeping(defect: string, name: (key: SessionKey) => SessionKey): Broken {
  return broken(defect, (inner) => {
    const keyOf = (ref: SessionRef): SessionKey =>
      ({ ...ref, sessionId: "sessionId" in ref ? ref.sessionId : ref.id }) as SessionKey;
    const shown = (session: Session, key: SessionKey): Session => ({ ...session, ...key, id: key.sessionId });
    return {
      createSession: async (request) => {
        const { appName, userId, sessionId } = request;
        const key = { appName, userId, sessionId } as SessionKey;
        return shown(await inner.createSession({ ...request, ...name(key) }), key);
      },
      getSession: async (request) => {
        const { appName, userId, sessionId } = request;
        const session = await inner.getSession({ ...request, ...name(request) });
        return session && shown(session, { appName, userId, sessionId });
      },
      deleteSession: (request) => inner.deleteSession(name(request)),
      appendEvent: ({ session, event }: AppendEventRequest) =>
        inner.appendEvent({ session: name(keyOf(session)), event }),
    };
  });
}

/** The event with its text changed, where it has some. */
export function retold(event: EventInput, edit: (text: string) => string): EventInput {
  const message = event.message as { content?: unknown } | undefined;
  if (typeof message?.content !== "string") return event;
  return { ...event, message: { role: "user", content: edit(message.content) } };
}

/** The object with its keys renamed. */
export function renamed(object: object | undefined, name: (key: string) => string): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object ?? {}).map(([key, value]) => [name(key), value]));
}

/** The event with its change of state edited, where it has one. */
export function changing(
  event: EventInput,
  edit: (delta: Readonly<Record<string, unknown>>) => Record<string, unknown>,
): EventInput {
  const delta = event.actions?.stateDelta;
  return typeof delta !== "object" || delta === null
    ? event
    : { ...event, actions: { ...event.actions, stateDelta: edit(delta) } };
}

/** Over one storage, each with what it has in its own memory. */
export function over(
  defect: string,
  open: (storage: JsonSessionService, isFirst: boolean) => Partial<InMemorySessionService>,
): Broken {
  const opened = (storage: JsonSessionService, isFirst: boolean): InMemorySessionService =>
    Object.assign(wrap<InMemorySessionService>(storage, open(storage, isFirst)), { storage });
  return {
    defect,
    create: () => opened(new JsonSessionService(), true),
    reopen: (service) =>
      opened((service as unknown as { storage: JsonSessionService }).storage.another(), false),
  };
}
