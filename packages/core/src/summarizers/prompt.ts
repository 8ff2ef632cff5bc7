import { ConfigurationError } from "../shared/errors.ts";
import { fenceId } from "../shared/fence.ts";
import { indentFurtherLines, wholeCharacters } from "../shared/lines.ts";
import { compileTemplate, type Template, type TemplateRules } from "../shared/template.ts";
import {
  DEFAULT_MERGE_PROMPT,
  DEFAULT_PROMPT,
  DEFAULT_SYSTEM_PROMPT,
  LENGTH_RULE,
} from "./default-prompts.ts";

/** What a prompt is filled with. */
export interface PromptValues {
  /** `merge`: the conversation is the summaries of its parts. */
  readonly purpose: "whole" | "part" | "merge";
  readonly conversation: string;
  /** Text of the summary before, "" without one. */
  readonly previous: string;
  /** Id of the request, from which the tags around the texts get theirs. */
  readonly id: string;
}

/** Options of the prompts for a chat model. */
export interface PromptOptions {
  /**
   * Template with `{conversation_text}`; it may hold `{previous_summary}`, `{max_summary_words}`, `{user_name}` and
   * `{fence}`: an id that no text in it contains, for tags that content cannot close.
   */
  readonly prompt?: string | undefined;
  /** System prompt; it may hold `{max_summary_words}` and `{user_name}`, never the conversation. */
  readonly systemPrompt?: string | undefined;
  /** Template with `{partial_summaries}`, for inputs that had to be summarised in parts; else as `prompt`. */
  readonly mergePrompt?: string | undefined;
  /** A limit told to the model; `prompt` or `systemPrompt` must then hold `{max_summary_words}`. 0
   * or none: no limit, and what they say of one is left out. */
  readonly maxSummaryWords?: number | undefined;
  /** Who the user is, for `{user_name}`. Default: "the user". */
  readonly userName?: string | undefined;
}

/** Checked prompts, ready to be filled. */
export interface Prompts {
  /** The request: a system prompt, if there is one, and the user's message. */
  render(values: PromptValues): { readonly system: string | undefined; readonly user: string };
}

const EVERYWHERE = ["max_summary_words", "user_name", "fence"];
const LIMIT = "{max_summary_words}";
const SENTENCE_ON_LIMIT = /([^\S\n]*)[^.!?\n]*\{max_summary_words\}[^.!?\n]*[.!?]*[^\S\n]*/g;
const HAS_PLACEHOLDER = /\{[a-z_]+\}/;
/** No line of a summary may pass for the beginning of an entry. */
const INDENT = "  ";
const EMPTY: Template = { placeholders: new Set(), render: () => "" };

/**
 * Checks prompts once, at construction.
 * @throws ConfigurationError for a missing or unknown placeholder, an empty template, or a limit on words that
 * neither prompt mentions.
 */
export function compilePrompts(options: PromptOptions = {}): Prompts {
  const words = options.maxSummaryWords || undefined;
  const ours = (text: string): string =>
    words === undefined ? text : text.replace("Summary:", () => `${LENGTH_RULE}\n\nSummary:`);
  const compile = (option: string, text: string, rules: TemplateRules): Template => {
    const template = compileTemplate(option, text, rules);
    if (words !== undefined || !mentionsLimit(template)) return template;
    const unlimited = withoutLimit(text);
    return unlimited === "" ? EMPTY : compileTemplate(option, unlimited, rules);
  };
  const system = compile("systemPrompt", options.systemPrompt ?? DEFAULT_SYSTEM_PROMPT, {
    allowed: EVERYWHERE,
    required: [],
  });
  const whole = compile("prompt", options.prompt ?? ours(DEFAULT_PROMPT), {
    allowed: ["conversation_text", "previous_summary", ...EVERYWHERE],
    required: ["conversation_text"],
  });
  const merge = compile("mergePrompt", options.mergePrompt ?? ours(DEFAULT_MERGE_PROMPT), {
    allowed: ["partial_summaries", "previous_summary", ...EVERYWHERE],
    required: ["partial_summaries"],
  });
  if (words !== undefined && !mentionsLimit(system) && !mentionsLimit(whole)) {
    throw new ConfigurationError(
      "Expected `prompt` or `systemPrompt` to contain {max_summary_words}, since `maxSummaryWords` is set",
    );
  }
  const hasSystem = options.systemPrompt !== undefined || options.prompt === undefined;
  return {
    render({ purpose, conversation, previous, id }) {
      const template = purpose === "merge" ? merge : whole;
      // A prompt without a place for the previous summary gets it in front: nothing may be hidden from the model.
      const apart = previous === "" || template.placeholders.has("previous_summary");
      const text = apart
        ? conversation
        : `Summary of what came before:\n${INDENT}${indentFurtherLines(previous)}\n\n${conversation}`;
      const values = {
        conversation_text: text,
        partial_summaries: text,
        previous_summary: previous === "" ? "(nothing yet)" : previous,
        max_summary_words: words === undefined ? "" : String(words),
        user_name: options.userName ?? "the user",
        fence: fenceId(id, [text, previous]),
      };
      const told = hasSystem ? system.render(values) : "";
      return { system: told === "" ? undefined : told, user: wholeCharacters(template.render(values)) };
    },
  };
}

/** Whether a limit on words that is not an option (such as a target in tokens) has a place in these prompts. */
export function hasPlaceForLimit({ prompt, systemPrompt, maxSummaryWords }: PromptOptions): boolean {
  if (maxSummaryWords !== undefined) return false;
  return prompt === undefined || [prompt, systemPrompt].some((text) => text?.includes(LIMIT) === true);
}

/** The template without what it says of a limit: the sentence goes, or the number alone where more hangs on it. */
function withoutLimit(text: string): string {
  const unlimited = text.replace(SENTENCE_ON_LIMIT, (sentence, before: string) => {
    const rest = sentence.replaceAll(LIMIT, "");
    return HAS_PLACEHOLDER.test(rest) ? rest : before;
  });
  return unlimited.trim();
}

function mentionsLimit(template: Template): boolean {
  return template.placeholders.has("max_summary_words");
}
