import { AIMessage, HumanMessage } from "@langchain/core/messages";
import { InMemorySessionService, withSummaries } from "@sessionfold/core";

const session = { appName: "support", userId: "dana", sessionId: "ticket-7" };

/** What the session looked like on the way. Figures are messages in the window. */
export interface ManualFold {
  readonly before: number;
  readonly folded: number;
  readonly summary: string;
  readonly unfolded: readonly string[];
  readonly undone: number;
}

/** Folds when it is told to and not before, looks behind the summary, and takes it back. */
export async function forceManualSummary(): Promise<ManualFold> {
  const sessions = withSummaries(new InMemorySessionService(), { mode: "manual", keep: { turns: 1 } });
  const window = async () => (await sessions.getSession(session))?.events ?? [];
  await sessions.createSession(session);
  for (const [question, answer] of [
    ["My order 88213 came twice.", "I am sorry. I see two parcels, both from Tuesday."],
    ["Which one do I send back?", "The one with label B. Returning it is free."],
    ["And the refund?", "3 to 5 days after it arrives, to the card you paid with."],
  ] as const) {
    await sessions.appendEvent({ session, event: { message: new HumanMessage(question) } });
    await sessions.appendEvent({ session, event: { message: new AIMessage(answer) } });
  }
  const before = (await window()).length;

  // `force` skips the trigger, never the keep policy: the last turn stays.
  const outcome = await sessions.summarize(session, { force: true });
  if (outcome.kind !== "summarized") throw new Error(`Not folded: ${outcome.kind}`);
  const folded = (await window()).length;

  const summary = await sessions.getSummary(session);
  if (summary === null) throw new Error("The session has no summary");
  const unfolded = await sessions.unfold(session, summary.id);

  // Nothing was deleted, so hiding the summary brings every event back to its place.
  await sessions.mark(session, { hide: summary.id });
  return {
    before,
    folded,
    summary: summary.text,
    unfolded: unfolded.map(({ author, message }) => `${author}: ${message?.text}`),
    undone: (await window()).length,
  };
}

if (import.meta.main) console.dir(await forceManualSummary());
