import { AsyncLocalStorage } from "node:async_hooks";
import type { AIMessage } from "@langchain/core/messages";
import type { StructuredToolInterface } from "@langchain/core/tools";
import { isContextLengthError, type SummarizeOutcome } from "@sessionfold/core";
import type { ResolvedOptions } from "@sessionfold/core/engine";
import type { ModelRequest, WrapModelCallHandler } from "langchain";
import { stateRecallTools } from "../recall/state-recall-tools.ts";
import {
  type AgentSummarizerOptions,
  type FilterContext,
  type ResolvedFilterOptions,
  resolveFilterOptions,
} from "./agent-options.ts";
import { answerIn } from "./answer-in.ts";
import { BackgroundFolds, type BackgroundRun } from "./background-folds.ts";
import { cacheSafeSummarizer, type PendingRequest } from "./cache-safe.ts";
import { isStored } from "./checkpointer.ts";
import { Conversations } from "./conversations.ts";
import { type FoldCall, foldInCall } from "./fold-call.ts";
import { streamOutcome } from "./fold-event.ts";
import { HARDER, type Harder, harderFold } from "./harder.ts";
import type { ModelCall } from "./model-call.ts";
import { refuseNamesakes } from "./own-tools.ts";
import { RequestFigures } from "./request-figures.ts";
import { shownMessages, withWindow } from "./request-window.ts";
import { runningAgent, scopeOf } from "./running-agent.ts";
import { splitRequest } from "./split-request.ts";
import { stampedAnswer, withAnswerIn } from "./stamped-answer.ts";
import { ToolResultTrimmer } from "./trim-tool-results.ts";

/** What a model call's handler answers. */
type Response = Awaited<ReturnType<WrapModelCallHandler>>;

/** How one attempt is made. */
interface Attempt {
  readonly options?: ResolvedOptions;
  readonly force?: boolean;
  readonly background?: BackgroundRun;
}

/** Folds what an agent sends to its model. */
export class AgentFilter {
  /** The tools that it gives the agent. */
  readonly tools: readonly StructuredToolInterface[];
  readonly #options: ResolvedFilterOptions;
  readonly #ownTools: ReadonlySet<string>;
  readonly #conversations: Conversations;
  readonly #figures: RequestFigures;
  readonly #trimmer: ToolResultTrimmer | undefined;
  /** For `cacheSafe`: the call whose conversation is being folded. Summarizers are handed copies of its events. */
  readonly #pending = new AsyncLocalStorage<ModelCall>();
  readonly #background: BackgroundFolds | undefined;
  #isClosed = false;

  /** @throws ConfigurationError that names the option, what was expected and what came. */
  constructor(given: AgentSummarizerOptions) {
    const options = resolveFilterOptions(
      given,
      cacheSafeSummarizer(() => this.#pendingRequest()),
    );
    this.#options = options;
    const { summarizer, name, maxCachedThreads, trimToolResults, recall } = options;
    this.tools = recall === undefined ? [] : stateRecallTools({ ...recall, name });
    this.#ownTools = new Set(this.tools.map((tool) => tool.name));
    this.#trimmer = trimToolResults && new ToolResultTrimmer(trimToolResults);
    const { ledger } = summarizer;
    const { summaryWriter, clock, transcript } = summarizer.options;
    const reading = { name, summaryWriter, clock };
    this.#conversations = new Conversations({ ledger, transcript, clock, reading }, maxCachedThreads);
    this.#figures = new RequestFigures(options, this.#trimmer);
    this.#background =
      options.background &&
      new BackgroundFolds({
        ...options.background,
        fold: (call, background) => this.#fold(call, { background }),
        statistics: (call) => this.#figures.of(call),
        clock,
        warn: options.warn,
      });
  }

  /** Name of the middleware. */
  get name(): string {
    return this.#options.name;
  }

  /** Calls the model with the window, and leaves new summaries on its answer. Folds before that, or has it done after. */
  async call(request: ModelRequest, handler: WrapModelCallHandler): Promise<Response> {
    refuseNamesakes(this.#ownTools, request.tools);
    if (request.messages.length === 0) return handler(request);
    let call = await this.#foldBefore(this.#begin(request));
    let answer: AIMessage | undefined;
    try {
      const send = async (): Promise<Response> => handler(this.#windowed(call));
      const response = await send().catch(async (error: unknown) => {
        let tooLong = error;
        let size = this.#figures.of(call).windowTokens;
        for (const harder of HARDER) {
          if (!isContextLengthError(tooLong)) break;
          const shorter = await this.#foldHarder(call, harder);
          if (shorter === undefined) break;
          call = shorter;
          const left = this.#figures.of(call).windowTokens;
          if (left >= size) continue;
          size = left;
          try {
            return await send();
          } catch (again) {
            tooLong = again;
          }
        }
        throw tooLong;
      });
      answer = answerIn(response);
      if (answer === undefined) return response;
      return withAnswerIn(response, answer, stampedAnswer(answer, this.name, call));
    } finally {
      this.#backgroundOf(call)?.leave(call, answer);
    }
  }

  /** Waits for all folds in the background that are known at the call. */
  async flush(): Promise<void> {
    await this.#background?.flush();
  }

  /** Folds no more by itself; waits so many milliseconds for the folds under way, then calls them off. */
  async close(drainMs: number): Promise<void> {
    this.#isClosed = true;
    await this.#background?.close(drainMs);
  }

  #begin(request: ModelRequest): ModelCall {
    const agent = runningAgent(this.#options.agent);
    const scope = scopeOf(this.#options.scope, agent);
    const split = splitRequest(request);
    const threadId = request.runtime.configurable?.thread_id;
    const place = { scope, threadId, originals: split.originals };
    const conversation = this.#conversations.of(split.messages, place);
    return this.#takenUp({ ...split, request, conversation, agent, scope, threadId });
  }

  /** The call after others may have gone on with its conversation, or a summary of it has come in. */
  #again(call: ModelCall): ModelCall {
    return this.#takenUp({ ...call, conversation: this.#conversations.of(call.messages, call) });
  }

  /** What was folded in the background is told to the run that first uses it. */
  #takenUp(call: ModelCall): ModelCall {
    for (const { outcome } of this.#background?.takeUp(call) ?? []) this.#stream(outcome, call);
    return call;
  }

  /**
   * A run whose messages are not stored may be the last that is known of them, by these ids: unless it is asked for, nothing
   * is left to a later one.
   */
  #backgroundOf({ request }: ModelCall): BackgroundFolds | undefined {
    return this.#options.isModeGiven || isStored(request.runtime) ? this.#background : undefined;
  }

  async #foldBefore(call: ModelCall): Promise<ModelCall> {
    const background = this.#backgroundOf(call);
    if (background !== undefined) return (await background.waitIfTooLarge(call)) ? this.#again(call) : call;
    if (!this.#isClosed) await this.#fold(call);
    return call;
  }

  #windowed({ request, conversation, passing, agent }: ModelCall): ModelRequest {
    const { mergeSummaries } = this.#options.summarizer.options;
    const windowed = withWindow(request, conversation, { agent, passing, mergeSummaries });
    if (this.#trimmer === undefined) return windowed;
    const messages = this.#trimmer.apply(windowed.messages);
    return messages === windowed.messages ? windowed : { ...windowed, messages: [...messages] };
  }

  /**
   * Folds more than the options ask for: the model has said that its window is smaller than we were told. Undefined where
   * nothing can be done about it.
   */
  async #foldHarder(call: ModelCall, harder: Harder): Promise<ModelCall | undefined> {
    if ((await this.#background?.end(call)) === false) return undefined;
    const again = this.#again(call);
    const { summarizer } = this.#options;
    const options = summarizer.withOverrides(
      harderFold(harder, this.#figures.of(again).tokens, again, summarizer.options),
    );
    const outcome = await this.#fold(again, { options, force: true });
    // A shorter summary may still be one.
    const isOver = outcome?.kind === "failed" && outcome.error.code !== "summary-too-long";
    return isOver ? undefined : again;
  }

  async #fold(call: ModelCall, attempt: Attempt = {}): Promise<SummarizeOutcome | undefined> {
    const { request, conversation, agent, scope, threadId } = call;
    const { background, force, options = this.#options.summarizer.options } = attempt;
    const fold: FoldCall = {
      conversation,
      ledger: this.#options.summarizer.ledger,
      options,
      scope,
      agent,
      threadId,
      signal: background === undefined ? request.runtime.signal : background.signal,
      statistics: () => this.#figures.of(call, background?.answer()),
      force: force === true,
      mustShrink: force === true,
      isDetached: background !== undefined,
      onRecord: background?.onRecord,
    };
    const outcome = await (this.#options.cacheSafe
      ? this.#pending.run(call, () => foldInCall(fold))
      : foldInCall(fold));
    if (outcome === undefined) return undefined;
    this.#options.report(outcome, this.#contextOf(call));
    // The run that made it due may be over; another one is told when it uses the summary.
    if (background === undefined) this.#stream(outcome, call);
    return outcome;
  }

  #stream(outcome: SummarizeOutcome, call: ModelCall): void {
    try {
      streamOutcome(outcome, this.#contextOf(call), call.request);
    } catch {
      this.#options.warn(`sessionfold: the run's stream took no event of the filter ${this.name}`);
    }
  }

  #contextOf({ agent, scope, threadId }: ModelCall): FilterContext {
    return { name: this.name, agent, scope, threadId };
  }

  /** The request in which what is folded is about to be sent, as it would be sent without the fold. */
  #pendingRequest(): PendingRequest | undefined {
    const call = this.#pending.getStore();
    if (call === undefined) return undefined;
    const shown = shownMessages(call.conversation, { agent: call.agent, passing: [], mergeSummaries: false });
    const messages = this.#trimmer?.apply(shown.map(({ message }) => message));
    const window = shown.map(({ message, event }, at) => ({ message: messages?.[at] ?? message, event }));
    return { request: call.request, window };
  }
}
