import type { AIMessage } from "@langchain/core/messages";
import type { SessionStatistics } from "@sessionfold/core";
import { countMessageTokens } from "@sessionfold/core/engine";
import type { ResolvedFilterOptions } from "./agent-options.ts";
import { contextWindowOf } from "./context-window.ts";
import type { ModelCall } from "./model-call.ts";
import { PromptTokens } from "./prompt-tokens.ts";
import { withWindow } from "./request-window.ts";
import type { ToolResultTrimmer } from "./trim-tool-results.ts";
import { withAnswer } from "./with-answer.ts";

/** What triggers are asked about in a model call: the conversation, and what the request holds besides it. */
export class RequestFigures {
  readonly #options: ResolvedFilterOptions;
  readonly #prompts: PromptTokens;
  readonly #trimmer: ToolResultTrimmer | undefined;

  /** `trimmer` shortens what is sent. */
  constructor(options: ResolvedFilterOptions, trimmer: ToolResultTrimmer | undefined) {
    this.#options = options;
    this.#prompts = new PromptTokens(options.summarizer.ledger);
    this.#trimmer = trimmer;
  }

  /**
   * The figures of the conversation, and of an answer that came to it; what is sent besides them counts into the tokens of
   * the window.
   */
  of(call: ModelCall, answer?: AIMessage): SessionStatistics {
    const { request, conversation } = call;
    const { counter, clock } = this.#options.summarizer.options;
    const { factor } = conversation.calibration;
    const known = conversation.statistics.snapshot(
      this.#options.contextWindow ?? contextWindowOf(request.model),
    );
    const figures =
      answer === undefined ? known : withAnswer(known, answer, { counter, factor, now: clock() });
    const prompt = (): number => {
      const passing = call.passing.reduce(
        (sum, { message }) => sum + countMessageTokens(message, counter),
        0,
      );
      return Math.round((this.#prompts.of(request) + passing) * factor);
    };
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
  #savedByTrimming({ request, conversation, passing, agent }: ModelCall): number {
    if (this.#trimmer === undefined) return 0;
    const { counter, mergeSummaries } = this.#options.summarizer.options;
    return this.#trimmer.saved(
      withWindow(request, conversation, { agent, passing, mergeSummaries }).messages,
      counter,
    );
  }
}

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
