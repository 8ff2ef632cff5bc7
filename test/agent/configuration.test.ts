import { ConfigurationError, extractive } from "@sessionfold/core";
import { type AgentSummarizerOptions, agentSummarizer } from "@sessionfold/langchain";
import { expect, test } from "vitest";

test.each<[string, object, string]>([
  ["an unknown option", { triger: 1 }, "Unknown option `triger`"],
  ["an empty name", { name: "" }, "Expected `name` to be a name with text in it"],
  ["another scope", { scope: "session" }, 'Expected `scope` to be "thread" or "agent"'],
  ["another mode", { mode: "manual" }, "Expected `mode`"],
  ["a keep below 0", { keep: { turns: -1 } }, "Expected `keep.turns` to be an integer >= 0, got -1"],
  ["no threads", { maxCachedThreads: 0 }, "Expected `maxCachedThreads` to be an integer >= 1, got 0"],
  ["a trim that is none", { trimToolResults: { above: -1 } }, "Expected `trimToolResults.above`"],
  [
    "a writer beside the agent's",
    { cacheSafe: true, summarizer: extractive() },
    "`cacheSafe` without `summarizer`",
  ],
  [
    "a prompt beside the agent's",
    { cacheSafe: true, prompt: "{conversation_text}" },
    "`cacheSafe` without `prompt`",
  ],
  ["tools without a name", { recall: { searchName: "" } }, "name of a tool"],
])("%s is refused when the filter is made", (_, options, message) => {
  expect(() => agentSummarizer(options as AgentSummarizerOptions)).toThrow(ConfigurationError);
  expect(() => agentSummarizer(options as AgentSummarizerOptions)).toThrow(message);
});

test("an explicit undefined means the default", () => {
  expect(agentSummarizer({ name: undefined, keep: undefined, trigger: undefined }).name).toBe("sessionfold");
});
