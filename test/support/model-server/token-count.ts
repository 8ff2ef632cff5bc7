import type { TokenCounter } from "@sessionfold/core";
import type { TokenCount } from "./answers.ts";
import type { CompletionRequest } from "./request.ts";

/** Counts what a request says: texts, calls, tools, and what the counter adds for each message. */
export function tokenCount(counter: TokenCounter): TokenCount {
  const text = (given: string): number => (given === "" ? 0 : counter.count(given));
  return {
    text,
    request: ({ messages, tools = [] }: CompletionRequest) => {
      let tokens = tools.length === 0 ? 0 : text(JSON.stringify(tools));
      for (const { content, tool_calls: calls = [] } of messages) {
        tokens += (counter.perMessage ?? 0) + text(content);
        for (const call of calls) tokens += text(`${call.function.name} ${call.function.arguments}`);
      }
      return tokens;
    },
  };
}
