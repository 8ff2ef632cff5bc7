import type { SessionEvent, SessionKey, SummarizingSessionService } from "@sessionfold/core";
import { holds } from "../asserts/asserts.ts";
import { idsIn, KEY } from "../kit/reading.ts";

/** The window as the model would see it. */
export async function windowOf(
  sessions: SummarizingSessionService,
  key: SessionKey = KEY,
): Promise<readonly SessionEvent[]> {
  const session = await sessions.getSession(key);
  holds(session !== null, "Expected getSession to find the session");
  return session.events;
}

/** The ids of the window. */
export async function windowIds(
  sessions: SummarizingSessionService,
  key: SessionKey = KEY,
): Promise<readonly string[]> {
  return idsIn(await windowOf(sessions, key));
}

/** The ids of the events that effective summaries cover, as often as they do. */
export async function coveredIds(sessions: SummarizingSessionService): Promise<readonly string[]> {
  const ids: string[] = [];
  for (const { summary, status } of await sessions.listSummaryStatus(KEY))
    if (status === "effective") ids.push(...idsIn(await sessions.unfold(KEY, summary.id)));
  return ids;
}
