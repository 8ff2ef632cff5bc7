import type { BaseMessage } from "@langchain/core/messages";
import type { StructuredToolInterface } from "@langchain/core/tools";
import {
  isContextLengthError,
  type SessionEvent,
  type SessionStatistics,
  type SummarizeOutcome,
} from "@sessionfold/core";
import type { ResolvedOptions } from "@sessionfold/core/engine";
import type { ModelRequest, WrapModelCallHandler } from "langchain";
import { stateRecallTools } from "../recall/state-recall-tools.ts";
import {
  type AgentSummarizerOptions,
  type ResolvedFilterOptions,
  resolveFilterOptions,
} from "./agent-options.ts";
import { cacheSafeSummarizer, type PendingRequest } from "./cache-safe.ts";
import { contextWindowOf } from "./context-window.ts";
import type { Conversation } from "./conversation.ts";
import { Conversations } from "./conversations.ts";
import { foldInCall } from "./fold-call.ts";
import { streamOutcome } from "./fold-event.ts";
import { PromptTokens } from "./prompt-tokens.ts";
import { shownMessages, withoutPassing, withWindow } from "./request-window.ts";
import { runningAgent, scopeOf } from "./running-agent.ts";
import { stampResponse } from "./stamp-response.ts";
import { ToolResultTrimmer } from "./trim-tool-results.ts";

/** What a model call's handler answers. */
type Response = Awaited<ReturnType<WrapModelCallHandler>>;

/** One model call on its way. */
interface Call {
  readonly request: ModelRequest;
  readonly conversation: Conversation;
  /** Messages of this call alone. */
  readonly passing: readonly BaseMessage[];
  readonly agent: string | undefined;
  readonly scope: string | undefined;
  readonly threadId: string | undefined;
}

/** Folds what an agent sends to its model. */
export class AgentFilter {
  readonly #options: ResolvedFilterOptions;
  readonly #conversations: Conversations;
  readonly #prompts: PromptTokens;
  readonly #trimmer: ToolResultTrimmer | undefined;
  /** For `cacheSafe`: the call in which a conversation is folded, and whose an event is. */
  readonly #pending = new WeakMap<Conversation, Call>();
  readonly #owners = new WeakMap<SessionEvent, Conversation>();

  /** @throws ConfigurationError that names the option, what was expected and what came. */
  constructor(given: AgentSummarizerOptions) {
    const options = resolveFilterOptions(
      given,
      cacheSafeSummarizer((events) => this.#pendingFor(events)),
    );
    this.#options = options;
    const { summarizer, name, maxCachedThreads, trimToolResults, cacheSafe } = options;
    this.#trimmer = trimToolResults && new ToolResultTrimmer(trimToolResults);
    const { ledger } = summarizer;
    const { summaryWriter, clock, transcript } = summarizer.options;
    const reading = { name, summaryWriter, clock };
    this.#conversations = new Conversations(
      { ledger, transcript, clock, reading, owners: cacheSafe ? this.#owners : undefined },
      maxCachedThreads,
    );
    this.#prompts = new PromptTokens(ledger);
  }

  /** Name of the middleware. */
  get name(): string {
    return this.#options.name;
  }

  /** The tools that it gives the agent. */
  get tools(): readonly StructuredToolInterface[] {
    const { name, recall } = this.#options;
    return recall === undefined ? [] : stateRecallTools({ ...recall, name });
  }

  /** Folds if it is due, calls the model with the window, and leaves new summaries on its answer. */
  async call(request: ModelRequest, handler: WrapModelCallHandler): Promise<Response> {
    if (request.messages.length === 0) return handler(request);
    const agent = runningAgent(this.#options.agent);
    const scope = scopeOf(this.#options.scope, agent);
    const [messages, passing] = withoutPassing(request);
    const conversation = this.#conversations.of(messages, scope);
    const call = {
      request,
      conversation,
      passing,
      agent,
      scope,
      threadId: request.runtime.configurable?.thread_id,
    };
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

  #windowed({ request, conversation, passing, agent }: Call): ModelRequest {
    const { mergeSummaries } = this.#options.summarizer.options;
    const windowed = withWindow(request, conversation, { agent, passing, mergeSummaries });
    if (this.#trimmer === undefined) return windowed;
    const messages = this.#trimmer.apply(windowed.messages);
    return messages === windowed.messages ? windowed : { ...windowed, messages: [...messages] };
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
    if (this.#options.cacheSafe) this.#pending.set(conversation, call);
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
    if (outcome === undefined) return undefined;
    const context = { name: this.name, agent, scope, threadId };
    this.#options.report(outcome, context);
    try {
      streamOutcome(outcome, context, request);
    } catch {
      this.#options.warn(`sessionfold: the run's stream took no event of the filter ${this.name}`);
    }
    return outcome;
  }

  /** The request in which these events are about to be sent, as it would be sent without a fold. */
  #pendingFor([first]: readonly SessionEvent[]): PendingRequest | undefined {
    const conversation = first && this.#owners.get(first);
    const call = conversation && this.#pending.get(conversation);
    if (call === undefined) return undefined;
    const shown = shownMessages(call.conversation, { agent: call.agent, passing: [], mergeSummaries: false });
    const messages = this.#trimmer?.apply(shown.map(({ message }) => message));
    const window = shown.map(({ message, event }, at) => ({ message: messages?.[at] ?? message, event }));
    return { request: call.request, window };
  }

  /** The figures of the conversation; what is sent besides it counts into the tokens of the window. */
  #statistics(call: Call): SessionStatistics {
    const { request, conversation } = call;
    const contextWindow = this.#options.contextWindow ?? contextWindowOf(request.model);
    const figures = conversation.statistics.snapshot(contextWindow);
    const { factor } = conversation.calibration;
    const prompt = (): number => Math.round(this.#prompts.of(request) * factor);
    const trimmed = (): number => Math.round(this.#savedByTrimming(call) * factor);
    return {
      ...untouched(figures),
      get tokens() {
        return Math.max(0, figures.tokens - trimmed());
      },
      get windowTokens() {
        return Math.max(0, figures.windowTokens - trimmed()) + prompt();
      },
    };
  }

  /** Tokens of the window that trimming leaves out. */
  #savedByTrimming({ request, conversation, passing, agent }: Call): number {
    if (this.#trimmer === undefined) return 0;
    const { counter, mergeSummaries } = this.#options.summarizer.options;
    return this.#trimmer.saved(
      withWindow(request, conversation, { agent, passing, mergeSummaries }).messages,
      counter,
    );
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
