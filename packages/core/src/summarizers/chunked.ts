import pMap from "p-map";
import type { SummaryUsage } from "../summaries/session-summary.ts";
import { packChunks, type TextSize } from "./chunk-text.ts";
import type { Summarizer, SummarizerRequest, SummarizerResult } from "./summarizer.ts";

/** How a long input is handed over. */
export interface ChunkOptions {
  /**
   * Tokens of conversation text in one call, the previous summary included. Default: 70 % of the model's context
   * window, which leaves the rest to the prompt and the answer; of 32,000 where the window is not known.
   */
  readonly maxInputTokens?: number | undefined;
  /** Calls at once. Default 4. */
  readonly concurrency?: number | undefined;
}

const INPUT_SHARE = 0.7;
const FALLBACK_WINDOW = 32_000;
const DEFAULT_CONCURRENCY = 4;
/** Summaries of summaries of summaries: deeper than that, the model does not shorten. */
const DEEPEST_MERGE = 8;
/** No text has more tokens than so many a UTF-16 unit, so short texts need no counting. */
const TOKENS_PER_UNIT = 3;

/**
 * Lets a summarizer read any amount of text: what is too long for one call is cut at the ends of messages (an over-long
 * message at its lines, a line at its code points), the parts are summarised side by side, and their summaries merged in
 * the order of the conversation, again in parts where they are too long. Nothing is left out. One part needs no merge.
 * The inner summarizer has to read the request's `transcript`.
 */
export function chunked(inner: Summarizer, options: ChunkOptions = {}): Summarizer {
  const { concurrency = DEFAULT_CONCURRENCY } = options;
  const maxInput =
    options.maxInputTokens ?? Math.floor((inner.contextWindow ?? FALLBACK_WINDOW) * INPUT_SHARE);
  return {
    name: inner.name,
    model: inner.model,
    contextWindow: inner.contextWindow,
    summarize: (request) => new ChunkedRun(inner, request, maxInput, concurrency).run(),
  };
}

const SUMMARY_SO_FAR = "[Summary of what came before]";
const NOTHING_BEFORE = { previous: [], history: (): readonly [] => [] };

class ChunkedRun {
  readonly #inner: Summarizer;
  readonly #request: SummarizerRequest;
  readonly #maxInput: number;
  readonly #concurrency: number;
  readonly #size: TextSize;
  readonly #answers: SummarizerResult[] = [];

  constructor(inner: Summarizer, request: SummarizerRequest, maxInput: number, concurrency: number) {
    this.#inner = inner;
    this.#request = request;
    this.#maxInput = maxInput;
    this.#concurrency = concurrency;
    this.#size = (text) => request.counter.count(text);
  }

  async run(): Promise<SummarizerResult> {
    const { blocks, transcript, previous } = this.#request;
    const before = previous.map((summary) => summary.text).join("\n\n");
    if (this.#fits(transcript, before)) return this.#inner.summarize(this.#request);
    // A previous summary is then the first thing to read; so even a long one fits.
    const all = before === "" ? blocks : [`${SUMMARY_SO_FAR}\n${before}`, ...blocks];
    const parts = packChunks(withLineEnds(all), this.#maxInput, this.#size);
    return this.#answerOf(await this.#merge(await this.#summarizeParts(parts, "part", new Set()), 1));
  }

  /** One summary of the parts' summaries, in their order. */
  async #merge(partials: readonly string[], depth: number): Promise<SummarizerResult> {
    const [only = ""] = partials;
    if (partials.length <= 1) return { text: only };
    const transcript = partials.join("\n\n");
    if (this.#fits(transcript, ""))
      return this.#ask({
        ...this.#request,
        ...NOTHING_BEFORE,
        blocks: partials,
        transcript,
        purpose: "merge",
      });
    if (depth >= DEEPEST_MERGE) throw new Error("The summaries of the parts do not get shorter");
    const blocks = withLineEnds(partials);
    const groups = packChunks(blocks, this.#maxInput, this.#size);
    // A part that got no company needs no merge, unless nobody got any: then each has to get shorter.
    const alone = new Set(groups.length < blocks.length ? blocks : []);
    return this.#merge(await this.#summarizeParts(groups, "merge", alone), depth + 1);
  }

  async #summarizeParts(
    parts: readonly string[],
    purpose: "part" | "merge",
    done: ReadonlySet<string>,
  ): Promise<readonly string[]> {
    // When one part fails, the others need not go on.
    const failed = new AbortController();
    const signal = AbortSignal.any([this.#request.signal, failed.signal]);
    const summarize = async (part: string): Promise<string> => {
      signal.throwIfAborted();
      const transcript = part.trimEnd();
      if (transcript === "" || done.has(part)) return transcript;
      const request = {
        ...this.#request,
        ...NOTHING_BEFORE,
        blocks: [transcript],
        transcript,
        purpose,
        signal,
      };
      const { text } = await this.#ask(request);
      if (text.trim() === "") throw new Error("The summary of a part was empty");
      return text.trim();
    };
    try {
      const texts = await pMap(parts, summarize, { concurrency: this.#concurrency });
      return texts.filter((text) => text !== "");
    } catch (error) {
      failed.abort(error);
      throw error;
    }
  }

  async #ask(request: SummarizerRequest): Promise<SummarizerResult> {
    const answer = await this.#inner.summarize(request);
    this.#answers.push(answer);
    return answer;
  }

  #fits(transcript: string, before: string): boolean {
    if ((transcript.length + before.length) * TOKENS_PER_UNIT <= this.#maxInput) return true;
    return this.#size(transcript) + (before === "" ? 0 : this.#size(before)) <= this.#maxInput;
  }

  #answerOf(last: SummarizerResult): SummarizerResult {
    const usage = this.#answers.map((answer) => answer.usage ?? null);
    const model = this.#answers.find((answer) => answer.model !== undefined)?.model;
    return {
      ...last,
      ...(model !== undefined && { model }),
      usage: usage.includes(null) ? null : sum(usage.filter((each) => each !== null)),
      metadata: { ...last.metadata, calls: this.#answers.length },
    };
  }
}

function withLineEnds(blocks: readonly string[]): readonly string[] {
  return blocks.map((block) => `${block}\n`);
}

function sum(usages: readonly SummaryUsage[]): SummaryUsage {
  return usages.reduce(
    (total, usage) => ({
      inputTokens: total.inputTokens + usage.inputTokens,
      outputTokens: total.outputTokens + usage.outputTokens,
      totalTokens: total.totalTokens + usage.totalTokens,
    }),
    { inputTokens: 0, outputTokens: 0, totalTokens: 0 },
  );
}
