import { type TokenCounterLike, tiktokenCounter, validate } from "@sessionfold/core";
import { z } from "zod";

/** How much recall tools tell, and under which names they stand. */
export interface RecallOptions {
  /** Most tokens of one answer; what is beyond is told as "more". Default 4000, at least 200. */
  readonly maxTokens?: number | undefined;
  /** Most messages that one search lists; the model may ask for fewer. Default 8. */
  readonly maxResults?: number | undefined;
  /** Characters of a message that a search shows, around the words it found. Default 300. */
  readonly snippetLength?: number | undefined;
  /** Most messages that one `load_messages` hands out, whatever the model asks for. Default 50. */
  readonly maxMessages?: number | undefined;
  /** How tokens are counted. Default: exactly, for OpenAI's o200k_base. */
  readonly tokenCounter?: TokenCounterLike | undefined;
  /** Name of the tool that searches. Default `search_history`. */
  readonly searchName?: string | undefined;
  /** Name of the tool that loads. Default `load_messages`. */
  readonly loadName?: string | undefined;
}

/** Options after the defaults are in. */
export interface ResolvedRecallOptions {
  readonly maxTokens: number;
  readonly maxResults: number;
  readonly snippetLength: number;
  readonly maxMessages: number;
  readonly count: (text: string) => number;
  readonly searchName: string;
  readonly loadName: string;
}

const atLeast = (least: number) => {
  const error = `an integer >= ${least}`;
  return z.int({ error }).min(least, { error });
};
const toolName = z.string({ error: "the name of a tool" }).regex(/^[\w-]{1,64}$/, {
  error: "the name of a tool: 1 to 64 letters, digits, _ or -",
});

/** Fields of the options' schema, for those that take the same options among their own. */
export const recallShape: {
  readonly [option in keyof RecallOptions]-?: z.ZodType<RecallOptions[option]>;
} = {
  maxTokens: atLeast(200).optional(),
  maxResults: atLeast(1).optional(),
  snippetLength: atLeast(40).optional(),
  maxMessages: atLeast(1).optional(),
  tokenCounter: z
    .custom<TokenCounterLike>(
      (value) =>
        typeof value === "function" || typeof (value as { count?: unknown } | null)?.count === "function",
      { error: "a token counter or a function from text to tokens" },
    )
    .optional(),
  searchName: toolName.optional(),
  loadName: toolName.optional(),
};

const schema: z.ZodType<RecallOptions> = z.strictObject(recallShape, { error: "an object" });

/**
 * Checks options and fills in the defaults.
 * @throws ConfigurationError that names the option, what was expected and what came.
 */
export function resolveRecallOptions(given: RecallOptions): ResolvedRecallOptions {
  const options = validate(schema, given);
  const counter = options.tokenCounter ?? tiktokenCounter();
  return {
    maxTokens: options.maxTokens ?? 4000,
    maxResults: options.maxResults ?? 8,
    snippetLength: options.snippetLength ?? 300,
    maxMessages: options.maxMessages ?? 50,
    count: typeof counter === "function" ? counter : (text) => counter.count(text),
    searchName: options.searchName ?? "search_history",
    loadName: options.loadName ?? "load_messages",
  };
}
