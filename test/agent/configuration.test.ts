import { ConfigurationError, extractive } from "@sessionfold/core";
import { type AgentSummarizerOptions, agentSummarizer } from "@sessionfold/langchain";
import { tool } from "langchain";
import { expect, test } from "vitest";
import { z } from "zod";
import { parcelAgent, serving, watchedFilter } from "../support/parcel-agent.ts";

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

test("a tool of the agent's with the name of a recall tool is named at the first call", async () => {
  const server = await serving();
  const namesake = tool(async () => "Found", {
    name: "search_history",
    description: "Another one.",
    schema: z.object({}),
  });
  const { middleware } = watchedFilter({ recall: true });
  const { ask } = parcelAgent(server, { middleware: [middleware], more: { tools: [namesake] } });
  await expect(ask("Question")).rejects.toThrow("Expected one tool named search_history");
  const renamed = watchedFilter({ recall: { searchName: "search_all" } });
  await parcelAgent(server, { middleware: [renamed.middleware], more: { tools: [namesake] } }).ask(
    "Question",
  );
  expect(server.requests).not.toEqual([]);
});
