import type { SystemMessage } from "@langchain/core/messages";
import { convertToOpenAITool } from "@langchain/core/utils/function_calling";
import { countMessageTokens, type TokenLedger } from "@sessionfold/core/engine";
import type { ModelRequest } from "langchain";

type RequestTools = ModelRequest["tools"];

/**
 * Counts what an agent sends besides the messages: its system prompt and the definitions of its tools. Each prompt and
 * each tool is counted once.
 */
export class PromptTokens {
  readonly #ledger: TokenLedger;
  readonly #prompts = new WeakMap<SystemMessage, number>();
  readonly #tools = new WeakMap<object, number>();

  constructor(ledger: TokenLedger) {
    this.#ledger = ledger;
  }

  /** Tokens of a request's system prompt and tools, by the counter. */
  of({ systemMessage, tools }: Pick<ModelRequest, "systemMessage" | "tools">): number {
    let sum = this.#ofPrompt(systemMessage);
    for (const tool of tools) sum += this.#ofTool(tool);
    return sum;
  }

  #ofPrompt(message: SystemMessage): number {
    if (message.text === "") return 0;
    let tokens = this.#prompts.get(message);
    if (tokens === undefined) {
      tokens = countMessageTokens(message, this.#ledger.counter);
      this.#prompts.set(message, tokens);
    }
    return tokens;
  }

  #ofTool(tool: RequestTools[number]): number {
    let tokens = this.#tools.get(tool);
    if (tokens === undefined) {
      tokens = this.#ledger.counter.count(definitionOf(tool));
      this.#tools.set(tool, tokens);
    }
    return tokens;
  }
}

/** A tool as most providers are told of it; one that a provider brings along is told as it is. */
function definitionOf(tool: RequestTools[number]): string {
  const isClientTool = "invoke" in tool && typeof tool.invoke === "function";
  return JSON.stringify(isClientTool ? convertToOpenAITool(tool as never) : tool);
}
