import type { BaseMessage } from "@langchain/core/messages";
import type { RunnableConfig } from "@langchain/core/runnables";
import type { StructuredToolInterface } from "@langchain/core/tools";
import type { BaseCheckpointSaver } from "@langchain/langgraph-checkpoint";
import type { ChatOpenAI } from "@langchain/openai";
import type { SessionService } from "@sessionfold/core";
import type { AgentMiddleware } from "langchain";
import type { ZodObject } from "zod";
import type { AnswerToolCall, CompletionRequest } from "../../support/model-server.ts";

/** A number of messages or of tokens, or a share of the model's context window, as all contestants take it. */
export type Size =
  | { readonly messages: number }
  | { readonly tokens: number }
  | { readonly fraction: number };

/** What an agent of a script is made with: the same for every contestant. */
export interface AgentSetup {
  readonly model: ChatOpenAI;
  /** The model that is named for summaries. */
  readonly summarizer: ChatOpenAI;
  /** Fold when the window is at least so large. */
  readonly trigger: Size;
  /** What stays verbatim. */
  readonly keep: Exclude<Size, { readonly fraction: number }>;
  readonly tools?: readonly StructuredToolInterface[];
  readonly systemPrompt?: string;
  /** None: a part of another graph. */
  readonly checkpointer?: BaseCheckpointSaver;
  readonly responseFormat?: ZodObject;
  /** Middleware of the user's, outside the folding one. */
  readonly middleware?: readonly AgentMiddleware[];
  /** Where histories are written to, by those who write them to files. */
  readonly historyDir?: string;
  /** How long a summary may take, in milliseconds, for those who have an option for it. */
  readonly timeLimitMs?: number;
  /** Tokens that the summarizing model takes, for those who can be told. Default `SUMMARIZER_WINDOW`. */
  readonly summarizerWindow?: number;
  /** The agent can look up what was folded, where the library has a way to. Default false. */
  readonly recall?: boolean;
  /** The summarising call is made so that the provider's prompt cache can be used, where there is a way to. Default false. */
  readonly cacheSafe?: boolean;
  /** What is folded may leave the state for here, where the library can do that. Default: none. */
  readonly archive?: SessionService;
  /** How often the clients try again. Default 0. */
  readonly retries?: number;
  /** Counts tokens by characters, as the peers do, for those who count them exactly. Default false. */
  readonly approximate?: boolean;
  /** Only trigger and keep are given, everything else is as it comes. Default: the best options there are. */
  readonly asItComes?: boolean;
}

/** What scripts use of an agent. */
export interface Agent {
  invoke(input: unknown, config?: RunnableConfig): Promise<AgentState>;
  stream(
    input: unknown,
    config: RunnableConfig & { streamMode: "messages" },
  ): Promise<AsyncIterable<readonly [BaseMessage, unknown]>>;
  readonly graph: {
    getState(config: RunnableConfig): Promise<{ readonly values: AgentState }>;
    updateState(config: RunnableConfig, values: object, asNode?: string): Promise<RunnableConfig>;
    getStateHistory(config: RunnableConfig): AsyncIterable<Snapshot>;
  };
}

/** State of an agent, as far as scripts look at it. */
export interface AgentState {
  readonly messages?: readonly BaseMessage[];
  readonly structuredResponse?: unknown;
  readonly __interrupt__?: readonly unknown[];
}

/** A checkpoint. */
export interface Snapshot {
  readonly config: RunnableConfig;
  readonly values: AgentState;
  readonly next: readonly string[];
}

/** A library that folds. */
export interface Contestant {
  /** Its name in tables. */
  readonly name: string;
  /** An agent of it. */
  create(setup: AgentSetup): Agent;
  /** The folding part alone, to be timed without the rest of an agent. */
  middleware(setup: AgentSetup): AgentMiddleware;
  /** Middleware that shortens old tool results without a model, from 16,000 tokens on, where the library has it. */
  trimmer?(): AgentMiddleware;
  /** The tool call with which a model looks up what was folded, where there is one. */
  lookUp?(words: string): AnswerToolCall;
  /**
   * Four mistakes in the options of the middleware, as functions that make it: an empty list of triggers, a negative
   * number to keep, a misspelled option, a prompt without the place for the chat.
   */
  mistakes(setup: AgentSetup): readonly (() => unknown)[];
  /** Whether a request asks for a summary. */
  isSummaryRequest(request: CompletionRequest): boolean;
  /** Whether it counts tokens exactly unless told otherwise; the others count by characters. */
  readonly countsExactly: boolean;
  /** Where a user can limit a summary's time: at the client it asks with, or by an option of its own. */
  readonly timeLimit: "summarizer client" | "agent client" | "option";
}

/** Name of the model that is named for summaries. */
export const SUMMARIZER = "gpt-4o";
/** Tokens that it takes. */
export const SUMMARIZER_WINDOW = 128_000;
/** So many of them are left for its prompt and its answer. */
export const ROOM = 4_000;
