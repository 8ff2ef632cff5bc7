import pMap from "p-map";
import { z } from "zod";
import { ConfigurationError } from "../shared/errors.ts";
import { indentFurtherLines } from "../shared/lines.ts";
import { describe, requirePositive, validate } from "../shared/validate.ts";
import { addUsage } from "./add-usage.ts";
import { chunkText, packChunks, type TextSize } from "./chunk-text.ts";
import { InputLimit } from "./input-limit.ts";
import { isContextLengthError } from "./resilience/classify-failure.ts";
import { hasWords, UnusableAnswer } from "./resilience/usable-answer.ts";
import { around, type Summarizer, type SummarizerRequest, type SummarizerResult } from "./summarizer.ts";

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

const tokens = { error: "a number of tokens above 0" };
const count = { error: "an integer above 0" };

/** Checks how a long input is handed over. */
export const chunkShape: {
  readonly [option in keyof ChunkOptions]-?: z.ZodType<ChunkOptions[option]>;
} = {
  maxInputTokens: z.number(tokens).positive(tokens).optional(),
  concurrency: z.int(count).min(1, count).optional(),
};

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
 * What the provider refuses as too long is halved, and so are the parts to come. What worked is remembered for `owner`, the
 * model behind it; once it has held, more is tried again.
 * A summarizer that reads the request's events instead of its transcript (`readsEvents`) is returned as it is.
 * @throws ConfigurationError that names the option, what was expected and what came.
 */
export function chunked(inner: Summarizer, options: ChunkOptions = {}, owner: object = inner): Summarizer {
  const { maxInputTokens, concurrency = DEFAULT_CONCURRENCY } = validate(z.object(chunkShape), options);
  if (typeof (inner as Partial<Summarizer> | null)?.summarize !== "function")
    throw new ConfigurationError(`Expected \`inner\` to be a summarizer, got ${describe(inner)}`);
  const window = requirePositive("contextWindow", inner.contextWindow ?? FALLBACK_WINDOW);
  const maxInput = maxInputTokens ?? Math.max(1, Math.floor(window * INPUT_SHARE));
  if (inner.readsEvents === true) return inner;
  return around(inner, (request) => {
    const limit = new InputLimit(maxInput, owner);
    return new ChunkedRun(inner, request, limit, concurrency).run();
  });
}

const TOO_LONG = ": the summaries of its parts do not get shorter";
const SUMMARY_SO_FAR = "[Summary of what came before]";
/** Summaries have lines of their own, so a blank one stands between two of them. */
const BETWEEN_PARTIALS = "\n\n";
const INDENT = "  ";
const NOTHING_BEFORE = { previous: [], history: (): readonly [] => [] };

class ChunkedRun {
  readonly #inner: Summarizer;
  readonly #request: SummarizerRequest;
  readonly #limit: InputLimit;
  readonly #concurrency: number;
  readonly #size: TextSize;
  readonly #answers: SummarizerResult[] = [];

  constructor(inner: Summarizer, request: SummarizerRequest, limit: InputLimit, concurrency: number) {
    this.#inner = inner;
    this.#request = request;
    this.#limit = limit;
    this.#concurrency = concurrency;
    this.#size = (text) => request.counter.count(text);
  }

  async run(): Promise<SummarizerResult> {
    const answer = await this.#read();
    this.#limit.succeeded();
    return answer;
  }

  async #read(): Promise<SummarizerResult> {
    const { blocks, transcript, previous } = this.#request;
    const before = previous.map((summary) => summary.text).join("\n\n");
    if (this.#fits(transcript, before)) {
      try {
        const answer = await this.#inner.summarize(this.#request);
        this.#limit.took(this.#size(`${before}\n${transcript}`));
        return answer;
      } catch (error) {
        this.#shrink(error, `${before}\n${transcript}`);
      }
    }
    // A previous summary is then the first thing to read; so even a long one fits.
    const all =
      before === "" ? blocks : [`${SUMMARY_SO_FAR}\n${INDENT}${indentFurtherLines(before)}`, ...blocks];
    const parts = this.#cut((limit) => packChunks(endedBy("\n", all), limit, this.#size));
    const partials = await this.#summarizeParts(parts, "part", new Map());
    checkShorter(partials, parts);
    return this.#answerOf(await this.#merge(partials, 1));
  }

  /** One summary of the parts' summaries, in their order. */
  async #merge(partials: readonly SummarizerResult[], depth: number): Promise<SummarizerResult> {
    const [only = { text: "" }] = partials;
    if (partials.length <= 1) return only;
    const texts = partials.map(({ text }) => text);
    const transcript = texts.join(BETWEEN_PARTIALS);
    if (this.#fits(transcript, "")) {
      try {
        const merge = { blocks: texts, transcript, purpose: "merge" } as const;
        return await this.#ask({ ...this.#request, ...NOTHING_BEFORE, ...merge });
      } catch (error) {
        this.#shrink(error, transcript);
      }
    }
    if (depth >= DEEPEST_MERGE) throw new UnusableAnswer("summary-too-long", TOO_LONG);
    const blocks = endedBy(BETWEEN_PARTIALS, texts);
    const groups = this.#cut((limit) => packChunks(blocks, limit, this.#size));
    // A part that got no company needs no merge, unless nobody got any: then each has to get shorter.
    const alone = groups.length < blocks.length ? blocks : [];
    const done = new Map(alone.map((block, at) => [block, partials[at] ?? only]));
    const merged = await this.#summarizeParts(groups, "merge", done);
    checkShorter(merged, groups);
    return this.#merge(merged, depth + 1);
  }

  /** The summary of each part. What is `done` stays as it is. */
  async #summarizeParts(
    parts: readonly string[],
    purpose: "part" | "merge",
    done: ReadonlyMap<string, SummarizerResult>,
  ): Promise<readonly SummarizerResult[]> {
    // When one part fails, the others need not go on.
    const failed = new AbortController();
    const signal = AbortSignal.any([this.#request.signal, failed.signal]);
    const cutFor = this.#limit.tokens;
    const summarize = async (part: string): Promise<readonly SummarizerResult[]> => {
      signal.throwIfAborted();
      const transcript = part.trimEnd();
      const known = done.get(part);
      if (known !== undefined) return [known];
      if (transcript === "") return [];
      // What another part was refused for need not be tried again.
      if (this.#limit.tokens < cutFor && this.#size(part) > this.#limit.tokens)
        return inPieces(part, this.#limit.tokens);
      try {
        const read = { blocks: [transcript], transcript, purpose, signal };
        const answer = await this.#ask({ ...this.#request, ...NOTHING_BEFORE, ...read });
        const text = answer.text.trim();
        if (!hasWords(text)) throw new UnusableAnswer("empty-summary");
        return [{ ...answer, text }];
      } catch (error) {
        return inPieces(part, this.#shrink(error, part));
      }
    };
    const inPieces = async (part: string, limit: number): Promise<readonly SummarizerResult[]> => {
      const answers: SummarizerResult[] = [];
      const pieces = this.#cut((size) => chunkText(part, size, this.#size), limit);
      for (const piece of pieces) answers.push(...(await summarize(piece)));
      return answers;
    };
    try {
      const answers = await pMap(parts, summarize, { concurrency: this.#concurrency });
      return answers.flat();
    } catch (error) {
      failed.abort(error);
      throw error;
    }
  }

  /**
   * Tokens that a call may have after one with this text was too long: half of it, also for the calls to come.
   * @throws the error, when it says something else or the text is not what makes the request long.
   */
  #shrink(error: unknown, text: string): number {
    this.#request.signal.throwIfAborted();
    const half = isContextLengthError(error) ? this.#limit.refused(this.#size(text)) : undefined;
    if (half === undefined) throw error;
    return half;
  }

  /**
   * Parts of a text, of which one that begins in the middle of a line is indented, as further lines of an entry are: what it
   * begins with must not pass for the beginning of an entry.
   */
  #cut(cut: (limit: number) => readonly string[], limit: number = this.#limit.tokens): readonly string[] {
    const parts = cut(limit);
    if (!parts.some((_, at) => goesOn(parts, at))) return parts;
    const narrower = cut(Math.max(1, limit - this.#size(INDENT)));
    return narrower.map((part, at) => (goesOn(narrower, at) ? INDENT + part : part));
  }

  async #ask(request: SummarizerRequest): Promise<SummarizerResult> {
    const answer = await this.#inner.summarize(request);
    this.#limit.took(this.#size(request.transcript));
    this.#answers.push(answer);
    return answer;
  }

  #fits(transcript: string, before: string): boolean {
    if ((transcript.length + before.length) * TOKENS_PER_UNIT <= this.#limit.tokens) return true;
    return this.#size(transcript) + (before === "" ? 0 : this.#size(before)) <= this.#limit.tokens;
  }

  #answerOf(last: SummarizerResult): SummarizerResult {
    const model = this.#answers.find((answer) => answer.model !== undefined)?.model;
    return {
      ...last,
      ...(model !== undefined && { model }),
      usage: addUsage(this.#answers.map((answer) => answer.usage)),
      metadata: { ...last.metadata, calls: this.#answers.length },
    };
  }
}

/** Summaries that are not shorter than what they summarise would be paid for level after level. */
function checkShorter(partials: readonly SummarizerResult[], parts: readonly string[]): void {
  const written = partials.reduce((sum, { text }) => sum + text.length, 0);
  const read = parts.reduce((sum, part) => sum + part.length, 0);
  if (partials.length > 1 && written >= read) throw new UnusableAnswer("summary-too-long", TOO_LONG);
}

/** Whether a part goes on with the line that the one before it began. */
function goesOn(parts: readonly string[], at: number): boolean {
  const before = parts[at - 1];
  return before !== undefined && !before.endsWith("\n");
}

function endedBy(end: string, blocks: readonly string[]): readonly string[] {
  return blocks.map((block) => block + end);
}
