import type { EventInput, SessionService } from "@sessionfold/core";

/** When an append fails: before it is stored, or behind that, when only the acknowledgement is lost. */
export type Fault = "before" | "after" | undefined;

/** What a faulty store fails with. */
export const FAULT = "connection lost";

/** The service with appends that fail as it is said for their events. */
export function faultyService(inner: SessionService, faultOf: (event: EventInput) => Fault): SessionService {
  return {
    createSession: (request) => inner.createSession(request),
    getSession: (request) => inner.getSession(request),
    listSessions: (request) => inner.listSessions(request),
    deleteSession: (request) => inner.deleteSession(request),
    appendEvent: async (request) => {
      const fault = faultOf(request.event);
      if (fault === "before") throw new Error(FAULT);
      const stored = await inner.appendEvent(request);
      if (fault === "after") throw new Error(FAULT);
      return stored;
    },
  };
}
