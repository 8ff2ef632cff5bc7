import { setImmediate } from "node:timers/promises";
import type { EventDeletingService } from "@sessionfold/core";
import { JsonSessionService } from "./json-session-service.ts";

/** A service that holds text only and is far away: calls at once arrive, and are answered, in another order than they were made. */
export class FarSessionService implements EventDeletingService {
  readonly #near: JsonSessionService;
  #calls = 0;

  constructor(near: JsonSessionService = new JsonSessionService()) {
    this.#near = near;
  }

  /** One more service over the same storage. */
  another(): FarSessionService {
    return new FarSessionService(this.#near.another());
  }

  createSession: EventDeletingService["createSession"] = (request) =>
    this.#far(() => this.#near.createSession(request));
  getSession: EventDeletingService["getSession"] = (request) =>
    this.#far(() => this.#near.getSession(request));
  listSessions: EventDeletingService["listSessions"] = (request) =>
    this.#far(() => this.#near.listSessions(request));
  deleteSession: EventDeletingService["deleteSession"] = (request) =>
    this.#far(() => this.#near.deleteSession(request));
  appendEvent: EventDeletingService["appendEvent"] = (request) =>
    this.#far(() => this.#near.appendEvent(request));
  deleteEvents: EventDeletingService["deleteEvents"] = (request) =>
    this.#far(() => this.#near.deleteEvents(request));

  async #far<T>(call: () => Promise<T>): Promise<T> {
    const steps = (this.#calls++ * 7) % 5;
    for (let step = 0; step < steps; step++) await setImmediate();
    const answer = await call();
    for (let step = steps; step < 4; step++) await setImmediate();
    return answer;
  }
}
