import {
  type AnyBackendProtocol,
  createDeepAgent,
  createSummarizationMiddleware,
  FilesystemBackend,
  StateBackend,
} from "deepagents";
import type { AgentMiddleware } from "langchain";
import {
  type Agent,
  type AgentSetup,
  type Contestant,
  ROOM,
  type Size,
  SUMMARIZER_WINDOW,
} from "./contestant.ts";
import { type AgentParams, paramsOf } from "./plain-agent.ts";

const deepAgent = createDeepAgent as unknown as (
  params: AgentParams & { readonly backend: AnyBackendProtocol },
) => Agent;

const anyOptions = createSummarizationMiddleware as unknown as (options: object) => AgentMiddleware;

/** The middleware that every deep agent has, with the thresholds of the script in place of its own. */
export const deepagents: Contestant = {
  name: "deepagents",
  timeLimit: "agent client",
  countsExactly: false,
  // A middleware of the same name takes the default's place.
  create: (setup) => deepAgent({ ...paramsOf(setup, middleware(setup)), backend: backendOf(setup) }),
  middleware,
  // Histories are files, which its agents can search.
  lookUp: (words) => ({ name: "grep", args: { pattern: words, path: "/conversation_history" } }),
  mistakes: (setup) => {
    const given = { model: setup.model, backend: backendOf(setup), keep: sizeOf(setup.keep) };
    const trigger = sizeOf(setup.trigger);
    return [
      () => anyOptions({ ...given, trigger: [] }),
      () => anyOptions({ ...given, trigger, keep: { type: "messages", value: -1 } }),
      () => anyOptions({ ...given, trigger, trimTokensToSumarize: 100_000 }),
      () => anyOptions({ ...given, trigger, summaryPrompt: "Summarise the chat." }),
    ];
  },
  // It asks the agent's model, whatever `model` says; what tells a summary apart is that it is offered no tools.
  isSummaryRequest: (request) => request.tools === undefined,
};

function middleware(setup: AgentSetup): AgentMiddleware {
  const { asItComes = false, summarizerWindow = SUMMARIZER_WINDOW } = setup;
  return createSummarizationMiddleware({
    model: setup.summarizer,
    backend: backendOf(setup),
    trigger: sizeOf(setup.trigger),
    keep: sizeOf(setup.keep),
    // As it comes, everything is sent, however long it is.
    ...(!asItComes && { trimTokensToSummarize: summarizerWindow - ROOM }),
  }) as unknown as AgentMiddleware;
}

function backendOf({ historyDir }: AgentSetup): AnyBackendProtocol {
  return historyDir === undefined
    ? new StateBackend()
    : new FilesystemBackend({ rootDir: historyDir, virtualMode: true });
}

function sizeOf(size: Size): { type: "messages" | "tokens" | "fraction"; value: number } {
  if ("messages" in size) return { type: "messages", value: size.messages };
  if ("tokens" in size) return { type: "tokens", value: size.tokens };
  return { type: "fraction", value: size.fraction };
}
