import { MemorySaver } from "@langchain/langgraph";
import {
  type Answer,
  type CompletionRequest,
  contextLengthExceeded,
  type ModelServer,
  startModelServer,
} from "../support/model-server.ts";
import {
  type Agent,
  type AgentSetup,
  type AgentState,
  type Contestant,
  SUMMARIZER,
} from "./contestants/contestant.ts";
import { copyingSummarizer } from "./summarizer-script.ts";

/** How the models of a world answer. */
export interface Models {
  /** The agent's model; `call` counts from 0. Default: a short text. */
  readonly main?: (request: CompletionRequest, call: number) => Answer | Promise<Answer>;
  /** The summarizing model. Default `copyingSummarizer()`. */
  readonly summary?: (request: CompletionRequest, call: number) => Answer | Promise<Answer>;
  /** Characters of messages that the agent's model takes; more is refused as too long. Default: no limit. */
  readonly mainLimit?: number;
  /** The same for the summarizing model. */
  readonly summaryLimit?: number;
}

/** One contestant with its models behind HTTP. */
export interface World {
  readonly contestant: Contestant;
  readonly server: ModelServer;
  /** An agent; what is not given has a default: 20 messages trigger, 6 stay. */
  agent(setup?: Partial<AgentSetup>): Agent;
  /** The same setup, for middleware alone. */
  setup(setup?: Partial<AgentSetup>): AgentSetup;
  /** Requests of the agent's model, refused ones too. */
  readonly main: readonly CompletionRequest[];
  /** Requests of the summarizing model, refused ones too. */
  readonly summary: readonly CompletionRequest[];
  /** How many requests of the agent's model were refused for their messages, as OpenAI does. */
  readonly refused: number;
}

/** A turn: answered, ended by an error, or still going on when the patience ended. */
export type Turn =
  | { readonly kind: "answered"; readonly state: AgentState; readonly ms: number }
  | { readonly kind: "threw"; readonly error: unknown; readonly ms: number }
  | { readonly kind: "hung"; readonly ms: number };

/** Plays in a world of its own, which ends afterwards. */
export async function inWorld<T>(
  contestant: Contestant,
  models: Models,
  play: (world: World) => Promise<T>,
): Promise<T> {
  const { main: answerMain = () => "Understood.", summary: answerSummary = copyingSummarizer() } = models;
  const played = { main: 0, summary: 0 };
  const server = await startModelServer(
    (request) => {
      const isSummary = contestant.isSummaryRequest(request);
      const limit = isSummary ? models.summaryLimit : models.mainLimit;
      if (limit !== undefined && charactersOf(request) > limit) return contextLengthExceeded();
      return isSummary ? answerSummary(request, played.summary++) : answerMain(request, played.main++);
    },
    { deriveUsage: true },
  );
  const setup = (given: Partial<AgentSetup> = {}): AgentSetup => {
    const timeout = given.timeLimitMs === undefined ? {} : { timeout: given.timeLimitMs };
    const maxRetries = given.retries ?? 0;
    return {
      model: server.chat({ maxRetries, ...(contestant.timeLimit === "agent client" && timeout) }),
      summarizer: server.chat({
        model: SUMMARIZER,
        maxRetries,
        ...(contestant.timeLimit === "summarizer client" && timeout),
      }),
      trigger: { messages: 20 },
      keep: { messages: 6 },
      checkpointer: new MemorySaver(),
      ...given,
    };
  };
  try {
    return await play({
      contestant,
      server,
      setup,
      agent: (given) => contestant.create(setup(given)),
      get main() {
        return server.requests.filter((request) => !contestant.isSummaryRequest(request));
      },
      get summary() {
        return server.requests.filter((request) => contestant.isSummaryRequest(request));
      },
      get refused() {
        return server.refused.filter(({ request }) => !contestant.isSummaryRequest(request)).length;
      },
    });
  } finally {
    await server.close();
  }
}

/** Runs a turn. Nothing is thrown: how it ended is what scripts look at. Patience in milliseconds. */
export async function turn(run: Promise<AgentState>, patience = 60_000): Promise<Turn> {
  const start = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const impatience = new Promise<Turn>((resolve) => {
    timer = setTimeout(() => resolve({ kind: "hung", ms: performance.now() - start }), patience);
  });
  const answered = run.then(
    (state): Turn => ({ kind: "answered", state, ms: performance.now() - start }),
    (error: unknown): Turn => ({ kind: "threw", error, ms: performance.now() - start }),
  );
  try {
    return await Promise.race([answered, impatience]);
  } finally {
    clearTimeout(timer);
  }
}

/** A turn that has to be answered. */
export async function answered(run: Promise<AgentState>, patience?: number): Promise<AgentState> {
  const ended = await turn(run, patience);
  if (ended.kind === "answered") return ended.state;
  if (ended.kind === "threw") throw ended.error;
  throw new Error(`No answer within ${Math.round(ended.ms)} ms`);
}

/** Characters of a request's messages. */
export function charactersOf({ messages }: CompletionRequest): number {
  return messages.reduce((sum, message) => sum + message.content.length, 0);
}

/** A request's text: of all messages, with their calls. */
export function textOf(request: CompletionRequest | undefined): string {
  if (request === undefined) return "";
  const calls = (message: CompletionRequest["messages"][number]): string =>
    (message.tool_calls ?? []).map((call) => call.function.arguments).join("\n");
  return request.messages.map((message) => `${message.content}\n${calls(message)}`).join("\n");
}
