import { AIMessage, HumanMessage } from "@langchain/core/messages";
import { InMemorySessionService, presets, type SessionService, withSummaries } from "@sessionfold/core";

/** A line of the table: how many events the window held before a fold and after it. */
export interface FoldRow {
  readonly turn: number;
  readonly before: number;
  readonly after: number;
  readonly saved: string;
  readonly why: string;
}

const session = { appName: "shop", userId: "dana", sessionId: "chat-1" };

/** Wraps a plain service, so that it folds by itself, and then lets somebody fold by hand. Returns each fold. */
export async function wrapInMemoryService(): Promise<readonly FoldRow[]> {
  const rows: FoldRow[] = [];
  let turn = 0;
  const inner = new InMemorySessionService();
  const sessions = withSummaries(inner, {
    // As tRPC-Agent does it: more than 3 turns fold, 4 events stay.
    ...presets.trpcAgent({ turns: 3, keepEvents: 4 }),
    mode: "inline",
    onOutcome: (outcome) => {
      if (outcome.kind !== "summarized") return;
      const { originalEventCount, compressedEventCount, compressionRatio, trigger } = outcome.summary;
      const saved = `${compressionRatio.toFixed(1)} %`;
      rows.push({ turn, before: originalEventCount, after: compressedEventCount, saved, why: trigger });
    },
  });
  await sessions.createSession(session);
  while (turn < 14) await talk(sessions, ++turn);

  // A second wrapping of the same service folds only when it is told to, so 15 more turns stay as they are.
  const byHand = withSummaries(inner, { mode: "manual" });
  while (turn < 29) await talk(byHand, ++turn);
  await sessions.summarize(session, { force: true });
  return rows;
}

async function talk(sessions: SessionService, turn: number): Promise<void> {
  const question = new HumanMessage(`Question ${turn}: where is parcel ${1000 + turn}?`);
  const answer = new AIMessage(`Answer ${turn}: parcel ${1000 + turn} is on its way and arrives on Friday.`);
  await sessions.appendEvent({ session, event: { message: question } });
  await sessions.appendEvent({ session, event: { message: answer } });
}

if (import.meta.main) console.table(await wrapInMemoryService());
