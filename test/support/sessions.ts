import {
  type EventInput,
  InMemorySessionService,
  type Session,
  type SessionService,
  type SummarizingSessionService,
  type WithSummariesOptions,
  withSummaries,
} from "@sessionfold/core";

export const KEY = { appName: "app", userId: "user-1", sessionId: "session-1" };

/** A decorated service with one empty session in it. It folds in the append unless the options say otherwise. */
export async function decorated(
  options: WithSummariesOptions = {},
  inner: SessionService = new InMemorySessionService(),
): Promise<{ sessions: SummarizingSessionService; session: Session; inner: SessionService }> {
  const sessions = withSummaries(inner, { mode: "inline", ...options });
  return { sessions, session: await sessions.createSession(KEY), inner };
}

/** Appends events one by one. */
export async function appendAll(
  service: SessionService,
  session: Session,
  events: readonly EventInput[],
): Promise<void> {
  for (const event of events) await service.appendEvent({ session, event });
}
