import { AIMessage, HumanMessage, ToolMessage } from "@langchain/core/messages";
import { eventCountThreshold, tokenThreshold } from "@sessionfold/core";
import { tool } from "langchain";
import { expect, test } from "vitest";
import { z } from "zod";
import { parcelAgent, serving, summariesIn, watchedFilter } from "../support/parcel-agent.ts";

const never = { trigger: tokenThreshold(1e9) } as const;
const result = `BEGIN ${"é😀".repeat(3000)} END`;

function longTalk(rounds: number, tool = "read") {
  return [
    new HumanMessage("Read it all."),
    ...Array.from({ length: rounds }, (_, at) => [
      new AIMessage({
        content: "",
        tool_calls: [{ id: `c${at}`, name: at === 1 ? "keep_me" : tool, args: {} }],
      }),
      new ToolMessage({ id: `r${at}`, content: `${at} ${result}`, tool_call_id: `c${at}` }),
    ]).flat(),
  ];
}

test("old large results shrink to head and tail in the window, the state keeps them", async () => {
  const server = await serving(["Read."]);
  const filter = watchedFilter({
    ...never,
    trimToolResults: { above: 1000, keepRecent: 2, except: ["keep_me"], head: 50, tail: 20 },
  });
  const { agent, config, messages } = parcelAgent(server, { middleware: [filter.middleware] });
  await agent.invoke({ messages: longTalk(7) }, config);
  const sent = server.requests[0]?.messages.filter(({ role }) => role === "tool") ?? [];
  // 7 rounds: the border between old and recent stands at 4, since it moves 2 at a time.
  expect(sent.map(({ content }) => content.length > 1000)).toEqual([
    false,
    true,
    false,
    false,
    true,
    true,
    true,
  ]);
  expect(sent[0]?.content).toMatch(/^0 BEGIN é😀/);
  expect(sent[0]?.content).toMatch(/END$/);
  expect(sent[0]?.content).toContain("It is kept whole as message r0.");
  // Half a surrogate pair would throw here.
  expect(encodeURIComponent(sent[0]?.content ?? "").length).toBeGreaterThan(0);
  const kept = (await messages()).filter(({ type }) => type === "tool");
  expect(kept.every(({ text }) => text.length > 9000)).toBe(true);
  expect(server.refused).toEqual([]);
});

test("the border moves in steps: between two of them the beginning of the request stays as it is", async () => {
  const server = await serving(({ messages }) => {
    const rounds = messages.filter(({ role }) => role === "tool").length;
    return rounds < 13 ? { toolCalls: [{ name: "page", args: {} }] } : "Done.";
  });
  const filter = watchedFilter({ ...never, trimToolResults: { above: 0, keepRecent: 4, head: 1, tail: 1 } });
  const page = tool(async () => "p".repeat(2000), {
    name: "page",
    description: "A page.",
    schema: z.object({}),
  });
  const { agent, config } = parcelAgent(server, {
    middleware: [filter.middleware],
    more: { tools: [page] } as never,
  });
  await agent.invoke({ messages: [new HumanMessage("Read.")] }, { ...config, recursionLimit: 100 });
  const changes = server.requests.slice(1).filter((request, at) => {
    const before = JSON.stringify(server.requests[at]?.messages).slice(0, -1);
    return !JSON.stringify(request.messages).startsWith(before);
  });
  expect(changes).toHaveLength(2);
});

test("what is trimmed does not count: the fold comes later, and reads the whole results", async () => {
  const talk = longTalk(8);
  const folds = async (trimmed: boolean) => {
    const server = await serving(["Read."]);
    const filter = watchedFilter({
      trigger: tokenThreshold(20_000),
      keep: { tokens: 100 },
      ...(trimmed && { trimToolResults: { above: 1000, keepRecent: 1 } }),
    });
    const { agent, config } = parcelAgent(server, { middleware: [filter.middleware] });
    await agent.invoke({ messages: talk }, config);
    return { filter, found: summariesIn(server) };
  };
  expect((await folds(false)).found).toEqual(["SUMMARY 1"]);
  expect((await folds(true)).found).toEqual([]);
  const server = await serving(["Read."]);
  const filter = watchedFilter({
    trigger: eventCountThreshold(5),
    keep: { events: 2, align: "round" },
    trimToolResults: { above: 1000, keepRecent: 1 },
  });
  const { agent, config } = parcelAgent(server, { middleware: [filter.middleware] });
  await agent.invoke({ messages: talk }, config);
  expect(filter.summarizer.requests[0]?.transcript.length).toBeGreaterThan(40_000);
});
