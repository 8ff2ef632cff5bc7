import { MemorySaver } from "@langchain/langgraph";
import { eventCountThreshold } from "@sessionfold/core";
import { createDeepAgent } from "deepagents";
import { expect, test } from "vitest";
import { look, serving, sizes, summariesIn, watchedFilter } from "../support/parcel-agent.ts";

test("in place of deepagents' own summarization: named like it, it folds, and the state keeps every message", async () => {
  const server = await serving();
  const filter = watchedFilter({
    name: "SummarizationMiddleware",
    trigger: eventCountThreshold(12),
    keep: { turns: 1 },
  });
  const agent = createDeepAgent({
    model: server.chat(),
    tools: [look],
    checkpointer: new MemorySaver(),
    middleware: [filter.middleware],
  } as never);
  const config = { configurable: { thread_id: "deep" } };
  let messages: unknown[] = [];
  for (let turn = 0; turn < 7; turn++) {
    const input = { messages: [{ role: "user", content: `Question ${turn}` }] };
    ({ messages } = (await agent.invoke(input as never, config)) as { messages: unknown[] });
  }
  expect(messages).toHaveLength(28);
  expect(filter.of("summarized")).toHaveLength(2);
  expect(summariesIn(server)).toEqual(["SUMMARY 2"]);
  expect(Math.max(...sizes(server))).toBeLessThan(15);
  expect(server.refused).toEqual([]);
});
