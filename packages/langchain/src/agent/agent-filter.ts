import type { SessionStatistics, SummarizeOutcome } from "@sessionfold/core";
import { isContextLengthError } from "@sessionfold/core";
import { factsOf, type ResolvedOptions } from "@sessionfold/core/engine";
import type { ModelRequest, WrapModelCallHandler } from "langchain";
import type { ResolvedFilterOptions } from "./agent-options.ts";
import type { Conversation } from "./conversation.ts";
import { Conversations } from "./conversations.ts";
import { foldInCall } from "./fold-call.ts";
import { PromptTokens } from "./prompt-tokens.ts";
import { withWindow } from "./request-window.ts";
import { runningAgent, scopeOf } from "./running-agent.ts";
import { stampResponse } from "./stamp-response.ts";

/** What a model call's handler answers. */
type Response = Awaited<ReturnType<WrapModelCallHandler>>;

/** One model call on its way. */
interface Call {
  readonly request: ModelRequest;
  readonly conversation: Conversation;
  readonly agent: string | undefined;
  readonly scope: string | undefined;
  readonly threadId: string | undefined;
}

/** Folds what an agent sends to its model. */
export class AgentFilter {
  readonly #options: ResolvedFilterOptions;
  readonly #conversations: Conversations;
  readonly #prompts: PromptTokens;

  constructor(options: ResolvedFilterOptions) {
    this.#options = options;
    const { summarizer, name, maxCachedThreads } = options;
    const { ledger } = summarizer;
    const { summaryWriter, clock, transcript } = summarizer.options;
    const reading = { name, scope: undefined, summaryWriter, clock };
    this.#conversations = new Conversations({ ledger, transcript, reading }, maxCachedThreads);
    this.#prompts = new PromptTokens(ledger);
  }

  /** Name of the middleware. */
  get name(): string {
    return this.#options.name;
  }

  /** Folds if it is due, calls the model with the window, and leaves new summaries on its answer. */
  async call(request: ModelRequest, handler: WrapModelCallHandler): Promise<Response> {
    if (request.messages.length === 0) return handler(request);
    const agent = runningAgent(this.#options.agent);
    const scope = scopeOf(this.#options.scope, agent);
    const conversation = this.#conversations.of(request.messages, scope);
    const call = { request, conversation, agent, scope, threadId: request.runtime.configurable?.thread_id };
    await this.#fold(call, this.#options.summarizer.options);
    const response = await this.#callModel(call, handler);
    const { unstored } = conversation;
    if (unstored.length > 0 || scope !== undefined) {
      stampResponse(response, this.name, {
        ...(scope !== undefined && { agent: scope }),
        ...(unstored.length > 0 && { records: unstored }),
      });
    }
    return response;
  }

  async #callModel(call: Call, handler: WrapModelCallHandler): Promise<Response> {
    try {
      return await handler(this.#windowed(call));
    } catch (error) {
      if (!isContextLengthError(error)) throw error;
      const outcome = await this.#foldHarder(call);
      if (outcome?.kind !== "summarized") throw error;
      return handler(this.#windowed(call));
    }
  }

  #windowed({ request, conversation, agent }: Call): ModelRequest {
    const { mergeSummaries } = this.#options.summarizer.options;
    return withWindow(request, conversation, { agent, mergeSummaries });
  }

  /** Folds down to a quarter of what is there: the model has said that its window is smaller than we were told. */
  #foldHarder(call: Call): Promise<SummarizeOutcome | undefined> {
    const tokens = Math.floor(this.#statistics(call).tokens / HARDER);
    const { summarizer } = this.#options;
    return this.#fold(call, summarizer.withOverrides({ keep: { tokens } }), true);
  }

  async #fold(
    call: Call,
    options: ResolvedOptions,
    force: boolean = false,
  ): Promise<SummarizeOutcome | undefined> {
    const { request, conversation, agent, scope, threadId } = call;
    const outcome = await foldInCall({
      conversation,
      ledger: this.#options.summarizer.ledger,
      options,
      scope,
      agent,
      threadId,
      signal: request.runtime.signal,
      statistics: () => this.#statistics(call),
      force,
    });
    if (outcome !== undefined) this.#options.report(outcome, { name: this.name, agent, scope, threadId });
    return outcome;
  }

  /** The figures of the conversation; what is sent besides it counts into the tokens of the window. */
  #statistics({ request, conversation }: Call): SessionStatistics {
    const contextWindow = this.#options.contextWindow ?? factsOf(request.model as never).contextWindow;
    const figures = conversation.statistics.snapshot(contextWindow);
    const prompts = this.#prompts;
    return {
      ...untouched(figures),
      get tokens() {
        return figures.tokens;
      },
      get windowTokens() {
        return figures.windowTokens + Math.round(prompts.of(request) * conversation.calibration.factor);
      },
    };
  }
}

/** By how much a window is shortened that was too long for the model. */
const HARDER = 4;

/** The figures that cost nothing to read. Tokens are counted only when somebody asks for them. */
function untouched(figures: SessionStatistics): Omit<SessionStatistics, "tokens" | "windowTokens"> {
  const { events, userEvents, textLength, longestText } = figures;
  const { lastSummaryAt, firstEventAt, lastEventAt, contextWindow } = figures;
  return {
    events,
    userEvents,
    textLength,
    longestText,
    lastSummaryAt,
    firstEventAt,
    lastEventAt,
    contextWindow,
  };
}
