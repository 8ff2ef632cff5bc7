import { AIMessage, HumanMessage } from "@langchain/core/messages";
import {
  allOf,
  anyOf,
  eventCountThreshold,
  formatExplanation,
  InMemorySessionService,
  not,
  type SessionStatistics,
  tokenThreshold,
  withSummaries,
} from "@sessionfold/core";

const session = { appName: "shop", userId: "dana", sessionId: "chat-1" };

/** A plain function is a trigger. It must only look: the same figures always give the same answer. */
function everyThirdTurn({ userEvents }: SessionStatistics): boolean {
  return userEvents >= 3;
}

/** So is an async one, which may ask elsewhere. Its own explanation takes the place of a bare yes or no. */
async function withinBudget({ windowTokens }: SessionStatistics) {
  const threshold = await Promise.resolve(90);
  return { name: "budget", fired: windowTokens < threshold, observed: windowTokens, threshold };
}

/** Folds at 500 tokens, or every third turn if there are 6 events; neither while the budget lasts. */
export const trigger = allOf(
  anyOf(tokenThreshold(500), allOf(everyThirdTurn, eventCountThreshold(6))),
  not(withinBudget),
);

/** Talks for four turns and returns what the trigger said at each check: when the user speaks, and after the answer. */
export async function explainTriggers(): Promise<readonly string[]> {
  const explanations: string[] = [];
  const sessions = withSummaries(new InMemorySessionService(), {
    mode: "inline",
    trigger,
    keep: { turns: 1 },
    onOutcome: (outcome) => {
      if (outcome.kind === "failed") throw outcome.error;
      if (outcome.explanation) explanations.push(formatExplanation(outcome.explanation));
    },
  });
  await sessions.createSession(session);
  for (let turn = 1; turn <= 4; turn++) {
    const question = new HumanMessage(`Question ${turn}: where is parcel ${1000 + turn}?`);
    const answer = new AIMessage(`Answer ${turn}: it is on its way and arrives on Friday.`);
    await sessions.appendEvent({ session, event: { message: question } });
    await sessions.appendEvent({ session, event: { message: answer } });
  }
  return explanations;
}

if (import.meta.main) console.log((await explainTriggers()).join("\n"));
