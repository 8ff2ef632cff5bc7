import {
  approximateCounter,
  contextFraction,
  eventCountThreshold,
  type Trigger,
  tokenThreshold,
} from "@sessionfold/core";
import { type ArchiveKey, agentSummarizer, archive, stateRecallTools } from "@sessionfold/langchain";
import type { AgentMiddleware } from "langchain";
import {
  type AgentSetup,
  type Contestant,
  ROOM,
  type Size,
  SUMMARIZER,
  SUMMARIZER_WINDOW,
} from "./contestant.ts";
import { paramsOf, plainAgent } from "./plain-agent.ts";

/** Our own: `agentSummarizer`. */
export const sessionfold: Contestant = {
  name: "sessionfold",
  timeLimit: "option",
  countsExactly: true,
  create: (setup) => {
    const { tools, middleware: inner, ...params } = paramsOf(setup, middleware(setup));
    return plainAgent({
      ...params,
      tools: setup.recall === true ? [...tools, ...stateRecallTools()] : tools,
      middleware: setup.archive === undefined ? inner : [...inner, archive({ sessions: setup.archive, key })],
    });
  },
  middleware,
  mistakes: ({ summarizer: model }) => [
    () => agentSummarizer({ model, trigger: [] }),
    () => agentSummarizer({ model, keep: { events: -1 } }),
    () => agentSummarizer({ model, maxInputToken: 100_000 } as object),
    () => agentSummarizer({ model, prompt: "Summarise the chat." }),
  ],
  // With a trigger that never fires nothing but trimming is left.
  trimmer: () => agentSummarizer({ name: "trimming", trigger: () => false, trimToolResults: {} }),
  lookUp: (words) => ({ name: "search_history", args: { query: words } }),
  isSummaryRequest: ({ model, messages }) =>
    model === SUMMARIZER || messages.at(-1)?.content.startsWith(CACHE_SAFE) === true,
};

/** How the instruction begins that `cacheSafe` adds to the agent's own request. */
const CACHE_SAFE = "The messages above are about to leave your context.";

/** The session of a thread in an archive. */
const key: ArchiveKey = ({ configurable }) => ({
  appName: "compare",
  userId: "user",
  sessionId: String(configurable?.thread_id),
});

function middleware(setup: AgentSetup): AgentMiddleware {
  const { summarizer, trigger, keep, asItComes = false, summarizerWindow = SUMMARIZER_WINDOW } = setup;
  return agentSummarizer({
    // As the others do it: what is compared is what a fold does, not when.
    mode: "inline",
    // With `cacheSafe` the agent's model writes, and reads the messages where they stand.
    ...(setup.cacheSafe === true ? { cacheSafe: true } : { model: summarizer }),
    trigger: triggerOf(trigger),
    keep: "messages" in keep ? { events: keep.messages } : { tokens: keep.tokens },
    ...(!asItComes && { maxSummaryLength: null }),
    ...(!asItComes && setup.cacheSafe !== true && { maxInputTokens: summarizerWindow - ROOM }),
    ...(setup.approximate && { tokenCounter: approximateCounter() }),
    ...(setup.timeLimitMs !== undefined && { timeoutMs: setup.timeLimitMs }),
  });
}

function triggerOf(size: Size): Trigger {
  if ("messages" in size) return eventCountThreshold(size.messages);
  return "tokens" in size ? tokenThreshold(size.tokens, { of: "window" }) : contextFraction(size.fraction);
}
