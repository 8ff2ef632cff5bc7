import { type BaseMessage, ToolMessage } from "@langchain/core/messages";
import type { TokenCounter } from "@sessionfold/core";
import {
  countMessageTokens,
  hasToolCalls,
  isToolMessage,
  textOf,
  toolCallsOf,
} from "@sessionfold/core/engine";
import type { TrimToolResults } from "./trim-options.ts";

/** Options with the defaults in. */
type Resolved = { readonly [option in keyof TrimToolResults]-?: NonNullable<TrimToolResults[option]> };

const DEFAULTS: Resolved = { above: 4000, keepRecent: 3, except: [], head: 800, tail: 400 };

/**
 * Shortens old large tool results to head and tail. The border between old and recent moves `keepRecent` rounds at a time,
 * not with every round: between two moves a provider's prompt cache stays warm.
 */
export class ToolResultTrimmer {
  readonly #options: Resolved;
  readonly #except: ReadonlySet<string>;
  readonly #saved = new WeakMap<BaseMessage, number>();
  readonly #shortened = new WeakMap<ToolMessage, ToolMessage>();

  constructor(options: TrimToolResults) {
    const defined = Object.entries(options).filter(([, value]) => value !== undefined);
    this.#options = { ...DEFAULTS, ...(Object.fromEntries(defined) as Partial<Resolved>) };
    this.#except = new Set(this.#options.except);
  }

  /** The messages of a window with old results shortened; the list itself where none is. */
  apply(messages: readonly BaseMessage[]): readonly BaseMessage[] {
    const { keepRecent } = this.#options;
    const rounds = messages.reduce((count, message) => count + (hasToolCalls(message) ? 1 : 0), 0);
    const step = Math.max(1, keepRecent);
    const old = Math.floor((rounds - keepRecent) / step) * step;
    if (old <= 0) return messages;
    const names = new Map<string, string>();
    const trimmed = [...messages];
    let changed = false;
    let round = 0;
    for (const [at, message] of messages.entries()) {
      if (hasToolCalls(message)) {
        if (++round > old) break;
        for (const { id, name } of toolCallsOf(message)) names.set(id, name);
      }
      if (!isToolMessage(message)) continue;
      const short = this.#short(message, message.name || names.get(message.tool_call_id));
      if (short === message) continue;
      trimmed[at] = short;
      changed = true;
    }
    return changed ? trimmed : messages;
  }

  /** By how many tokens `apply` shortens the messages. */
  saved(messages: readonly BaseMessage[], counter: TokenCounter): number {
    const shown = this.apply(messages);
    if (shown === messages) return 0;
    return messages.reduce((sum, message, at) => {
      const short = shown[at];
      return short === undefined || short === message ? sum : sum + this.#savedBy(message, short, counter);
    }, 0);
  }

  #savedBy(message: BaseMessage, short: BaseMessage, counter: TokenCounter): number {
    let saved = this.#saved.get(short);
    if (saved === undefined) {
      saved = countMessageTokens(message, counter) - countMessageTokens(short, counter);
      this.#saved.set(short, saved);
    }
    return saved;
  }

  #short(message: ToolMessage, name: string | undefined): ToolMessage {
    if (name !== undefined && this.#except.has(name)) return message;
    const known = this.#shortened.get(message);
    if (known !== undefined) return known;
    const short = this.#shorten(message);
    this.#shortened.set(message, short);
    return short;
  }

  #shorten(message: ToolMessage): ToolMessage {
    const { above, head, tail } = this.#options;
    if (!isText(message)) return message;
    const text = textOf(message);
    const start = wholeUpTo(text, head);
    const end = wholeFrom(text, text.length - tail);
    const where = message.id ? ` It is kept whole as message ${message.id}.` : "";
    const note = `[${end - start} of ${text.length} characters of this result are left out.${where}]`;
    const content = [text.slice(0, start), note, text.slice(end)].filter((part) => part !== "").join("\n");
    if (text.length <= above || content.length >= text.length) return message;
    const { id, name, status, artifact, tool_call_id, additional_kwargs, response_metadata } = message;
    return new ToolMessage({
      content,
      tool_call_id,
      additional_kwargs,
      response_metadata,
      artifact,
      ...(id !== undefined && { id }),
      ...(name !== undefined && { name }),
      ...(status !== undefined && { status }),
    });
  }
}

/** Whether a result is text alone: media cannot be cut. */
function isText({ content }: ToolMessage): boolean {
  return typeof content === "string" || content.every((block) => block.type === "text");
}

/** The position nearest to `at`, from below, that splits no character in two. */
function wholeUpTo(text: string, at: number): number {
  return splitsPair(text, at) ? at - 1 : at;
}

/** The position nearest to `at`, from above, that splits no character in two. */
function wholeFrom(text: string, at: number): number {
  return splitsPair(text, at) ? at + 1 : at;
}

function splitsPair(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  const before = text.charCodeAt(at - 1);
  return unit >= 0xdc00 && unit <= 0xdfff && before >= 0xd800 && before <= 0xdbff;
}
