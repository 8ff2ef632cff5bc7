import { eventCountThreshold } from "@sessionfold/core";
import { expect, test } from "vitest";
import type { CompletionRequest, Script } from "../support/model-server.ts";
import {
  lookThenAnswer,
  parcelAgent,
  serving,
  sizes,
  summariesIn,
  watchedFilter,
} from "../support/parcel-agent.ts";

const policy = {
  cacheSafe: true,
  trigger: eventCountThreshold(12),
  keep: { turns: 1 },
  retry: false,
} as const;

const isInstruction = ({ messages }: CompletionRequest): boolean =>
  messages.at(-1)?.content.includes("about to leave your context") === true;

const withSummary =
  (summary: Script): Script =>
  (request, call) =>
    isInstruction(request) ? summary(request, call) : lookThenAnswer(request, call);

test("the summarising call is the agent's own request, up to what is folded, and one instruction", async () => {
  const server = await serving(withSummary(() => "SUMMARY 1"));
  const filter = watchedFilter(policy);
  const { ask } = parcelAgent(server, { middleware: [filter.middleware] });
  for (let turn = 0; turn < 4; turn++) await ask(`Question ${turn}`);
  const [asked] = server.requests.filter(isInstruction);
  const before = server.requests[server.requests.findIndex(isInstruction) - 1];
  if (asked === undefined || before === undefined) throw new Error("Expected a summarising call");
  expect(asked.tools).toEqual(before.tools);
  expect(asked.model).toBe(before.model);
  const prefix = asked.messages.slice(0, -1);
  expect(prefix.slice(0, before.messages.length)).toEqual(before.messages);
  // System prompt and the three turns so far; the current question is not sent.
  expect(prefix).toHaveLength(1 + 12);
  expect(filter.of("summarized")[0]?.summary.text).toBe("SUMMARY 1");
  expect(summariesIn(server)).toEqual(["SUMMARY 1"]);
  expect(server.refused).toEqual([]);
});

test("an answer that calls tools is no summary: the agent goes on unfolded", async () => {
  const server = await serving(
    withSummary(() => ({ content: "Let me look.", toolCalls: [{ name: "look", args: { parcel: 1 } }] })),
  );
  const filter = watchedFilter(policy);
  const { ask } = parcelAgent(server, { middleware: [filter.middleware] });
  for (let turn = 0; turn < 4; turn++) await ask(`Question ${turn}`);
  expect(filter.of("summarized")).toEqual([]);
  expect(filter.of("failed")[0]?.error.code).toBe("summarizer-failed");
  expect(sizes(server).at(-1)).toBe(15);
});

test("forks of one thread at once ask with their own messages", async () => {
  const server = await serving(withSummary(({ messages }) => `SUMMARY of ${messages.at(-2)?.content}`));
  const filter = watchedFilter({ ...policy, trigger: eventCountThreshold(9), keep: { turns: 0 } });
  const { agent, config, ask } = parcelAgent(server, { middleware: [filter.middleware] });
  await ask("Question 0");
  await ask("Question 1");
  const { config: at } = await agent.graph.getState(config);
  const fork = (text: string) =>
    agent
      .invoke({ messages: [{ role: "user", content: text }] }, at as never)
      .then(({ messages }) => messages);
  await Promise.all([fork("Left"), fork("Right")]);
  for (const request of server.requests.filter(isInstruction))
    expect(
      request.messages.filter(({ content }) => content === "Left" || content === "Right").length,
    ).toBeLessThan(2);
  expect(server.refused).toEqual([]);
});
