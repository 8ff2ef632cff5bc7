import type { AppendEventRequest, EventInput, SessionEvent, SessionService } from "@sessionfold/core";

/** What a back-end fails with. */
export const FAILURE = "the back-end failed";

/** A service whose next append can be made to fail. All else that it offers is the inner service's. */
export interface FailingService {
  readonly service: SessionService;
  /** The next append of an event that is meant fails before it is stored, or after. */
  failNext(when: "before" | "after", isMeant: (event: EventInput) => boolean): void;
  /** Whether the failure that was asked for is still to come. Taken back by this question. */
  wasMissed(): boolean;
}

/** The failure happens where the store is called, behind everything that decorates it. */
export function failingService(inner: SessionService): FailingService {
  let next:
    | { readonly when: "before" | "after"; readonly isMeant: (event: EventInput) => boolean }
    | undefined;
  const appendEvent = async (request: AppendEventRequest): Promise<SessionEvent> => {
    const failure = next?.isMeant(request.event) === true ? next : undefined;
    if (failure !== undefined) next = undefined;
    if (failure?.when === "before") throw new Error(FAILURE);
    const stored = await inner.appendEvent(request);
    if (failure?.when === "after") throw new Error(FAILURE);
    return stored;
  };
  // What a store offers besides is its own affair: a list of members here would hide what it is found by.
  const service = new Proxy(inner, {
    get(target, name) {
      if (name === "appendEvent") return appendEvent;
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === "function" ? (member.bind(target) as unknown) : member;
    },
  });
  return {
    service,
    failNext: (when, isMeant) => {
      next = { when, isMeant };
    },
    wasMissed: () => {
      const missed = next !== undefined;
      next = undefined;
      return missed;
    },
  };
}
