import type { BaseMessage } from "@langchain/core/messages";
import { eventCountThreshold } from "@sessionfold/core";
import { providerStrategy, toolStrategy } from "langchain";
import { expect, test } from "vitest";
import { z } from "zod";
import type { CompletionRequest, FullAnswer, Script } from "../support/model-server.ts";
import { parcelAgent, serving, summariesIn, watchedFilter } from "../support/parcel-agent.ts";

const Verdict = z.object({ gate: z.number() }).meta({ title: "verdict" });
const policy = { trigger: eventCountThreshold(10), keep: { turns: 1 } } as const;

const asText: Script = () => JSON.stringify({ gate: 7 });
const asTool: Script = ({ tools }: CompletionRequest): FullAnswer => ({
  toolCalls: [
    {
      name: tools?.map(({ function: { name } }) => name).find((name) => name !== "look") ?? "",
      args: { gate: 7 },
    },
  ],
});

test.each([
  ["the provider's own", () => providerStrategy(Verdict), asText],
  ["tools", () => toolStrategy(Verdict), asTool],
])(
  "structured output by %s keeps its answer in the turn that folds, and the record is stored",
  async (_, format, script) => {
    const server = await serving(script);
    const filter = watchedFilter(policy);
    const { agent, config } = parcelAgent(server, {
      middleware: [filter.middleware],
      more: { responseFormat: format() as never },
    });
    for (let turn = 0; turn < 8; turn++) {
      const state = await agent.invoke({ messages: [{ role: "user", content: `Question ${turn}` }] }, config);
      expect((state as { structuredResponse?: unknown }).structuredResponse).toEqual({ gate: 7 });
    }
    expect(filter.of("summarized").length).toBeGreaterThan(0);
    const { messages } = (await agent.graph.getState(config)).values as { messages: readonly BaseMessage[] };
    const records = messages.filter(({ response_metadata }) => response_metadata.sessionfold !== undefined);
    expect(records).toHaveLength(filter.of("summarized").length);
    expect(summariesIn(server)).toHaveLength(1);
    expect(server.refused).toEqual([]);
  },
);

test("a tool answer that does not fit is asked for again, in the turn that folds", async () => {
  let bad = true;
  const server = await serving((request, call) => {
    const answer = asTool(request, call) as FullAnswer;
    if (call < 8 || !bad) return answer;
    bad = false;
    // Two verdicts at once are one too many.
    return { toolCalls: [...(answer.toolCalls ?? []), ...(answer.toolCalls ?? [])] };
  });
  const filter = watchedFilter({ trigger: eventCountThreshold(17), keep: { turns: 1 } });
  const { agent, config } = parcelAgent(server, {
    middleware: [filter.middleware],
    more: { responseFormat: toolStrategy(Verdict) as never },
  });
  for (let turn = 0; turn < 10; turn++) {
    const state = await agent.invoke({ messages: [{ role: "user", content: `Question ${turn}` }] }, config);
    expect((state as { structuredResponse?: unknown }).structuredResponse).toEqual({ gate: 7 });
  }
  expect(bad).toBe(false);
  expect(filter.of("summarized").length).toBeGreaterThan(0);
  expect(server.refused).toEqual([]);
});
