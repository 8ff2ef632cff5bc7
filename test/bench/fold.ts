import { approximateCounter, InMemorySessionService, withSummaries } from "@sessionfold/core";
import { stubSummarizer } from "../support/stub-summarizer.ts";
import { figure, heapBytes, median } from "./measure.ts";

const EVENTS = 20_000;
const ROUNDS = 9;

async function longSession(sessionId: string, onCall: () => void) {
  const sessions = withSummaries(new InMemorySessionService(), {
    summarizer: stubSummarizer(() => {
      onCall();
      return "S";
    }),
    mode: "manual",
    keep: { turns: 10 },
    tokenCounter: approximateCounter(),
  });
  const session = { appName: "bench", userId: "user", sessionId };
  await sessions.createSession(session);
  for (let at = 0; at < EVENTS; at++) {
    const author = at % 2 === 0 ? "user" : "agent";
    await sessions.appendEvent({ session, event: { author, message: `line ${at} of a conversation` } });
  }
  return { sessions, session };
}

/** One fold of a long session without its model call, and the memory that its events take. */
export async function benchFold(): Promise<void> {
  const empty = heapBytes();
  const resident = await longSession("memory", () => {});
  const bytes = (heapBytes() - empty) / EVENTS;
  if ((await resident.sessions.getSession(resident.session)) === null)
    throw new Error("Expected the session to be there");
  const took: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    let called = 0;
    const { sessions, session } = await longSession(`fold-${round}`, () => called++);
    const start = performance.now();
    const outcome = await sessions.summarize(session, { force: true });
    took.push(performance.now() - start);
    if (outcome.kind !== "summarized" || called !== 1)
      throw new Error(`Expected a summary, got ${outcome.kind}`);
  }
  const milliseconds = figure(median(took.sort((a, b) => a - b)), 1);
  console.log(`one fold of ${EVENTS.toLocaleString("en-US")} events, model call apart   ${milliseconds} ms`);
  console.log(`memory   ${figure(bytes, 0)} bytes an event, in the store and in the decorator together`);
}
