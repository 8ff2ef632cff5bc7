import {
  type AgentMiddleware,
  ClearToolUsesEdit,
  contextEditingMiddleware,
  summarizationMiddleware,
} from "langchain";
import {
  type AgentSetup,
  type Contestant,
  ROOM,
  type Size,
  SUMMARIZER,
  SUMMARIZER_WINDOW,
} from "./contestant.ts";
import { paramsOf, plainAgent } from "./plain-agent.ts";

/** LangChain's `summarizationMiddleware`. */
export const langchain: Contestant = {
  name: "LangChain",
  countsExactly: false,
  timeLimit: "summarizer client",
  create: (setup) => plainAgent(paramsOf(setup, middleware(setup))),
  middleware,
  mistakes: ({ summarizer: model, keep, trigger }) => [
    () => anyOptions({ model, keep, trigger: [] }),
    () => anyOptions({ model, keep: { messages: -1 }, trigger }),
    () => anyOptions({ model, keep, trigger, trimTokensToSumarize: 100_000 }),
    () => anyOptions({ model, keep, trigger, summaryPrompt: "Summarise the chat." }),
  ],
  trimmer: () =>
    contextEditingMiddleware({
      edits: [new ClearToolUsesEdit({ trigger: { tokens: 16_000 }, keep: { messages: 3 } })],
    }) as AgentMiddleware,
  isSummaryRequest: (request) => request.model === SUMMARIZER,
};

interface Options {
  readonly model: AgentSetup["summarizer"];
  readonly trigger: Size;
  readonly keep: Size;
  readonly trimTokensToSummarize?: number;
}

// Its options are of the type `never` under strict settings.
const create = summarizationMiddleware as unknown as (options: Options) => AgentMiddleware;
const anyOptions = summarizationMiddleware as unknown as (options: object) => AgentMiddleware;

function middleware(setup: AgentSetup): AgentMiddleware {
  const { summarizer, trigger, keep, asItComes = false, summarizerWindow = SUMMARIZER_WINDOW } = setup;
  return create({
    model: summarizer,
    trigger,
    keep,
    // As it comes, only the last 4,000 tokens are read.
    ...(!asItComes && { trimTokensToSummarize: summarizerWindow - ROOM }),
  });
}
