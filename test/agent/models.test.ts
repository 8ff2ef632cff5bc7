import {
  approximateCounter,
  contextFraction,
  type SessionStatistics,
  tokenThreshold,
} from "@sessionfold/core";
import type { AgentSummarizerOptions } from "@sessionfold/langchain";
import { createMiddleware } from "langchain";
import { expect, test } from "vitest";
import { lookThenAnswer, parcelAgent, serving, sizes, watchedFilter } from "../support/parcel-agent.ts";

/** Watches the figures of each call, and folds at none. */
function watching(options: AgentSummarizerOptions = {}) {
  const seen: { windowTokens: number; tokens: number; contextWindow: number | undefined }[] = [];
  const filter = watchedFilter({
    ...options,
    tokenCounter: approximateCounter(),
    trigger: ({ windowTokens, tokens, contextWindow }: SessionStatistics) => {
      seen.push({ windowTokens, tokens, contextWindow });
      return false;
    },
  });
  return { seen, filter };
}

test("system prompt and tools count into the tokens of the window, not into the tail behind the summary", async () => {
  const server = await serving(["Fine."]);
  const measure = async (more: object) => {
    const { seen, filter } = watching();
    await parcelAgent(server, { middleware: [filter.middleware], more }).ask("Question");
    return seen[0];
  };
  const bare = await measure({ systemPrompt: "", tools: [] });
  const prompted = await measure({ systemPrompt: "x".repeat(4000), tools: [] });
  const tooled = await measure({ systemPrompt: "" });
  expect(bare?.windowTokens).toBe(bare?.tokens);
  expect((prompted?.windowTokens ?? 0) - (bare?.windowTokens ?? 0)).toBe(1004);
  expect(tooled?.windowTokens).toBeGreaterThan((bare?.windowTokens ?? 0) + 30);
  expect(new Set([bare?.tokens, prompted?.tokens, tooled?.tokens]).size).toBe(1);
});

test("the context window is that of the model of each call", async () => {
  const server = await serving(["Fine."]);
  const { seen, filter } = watching();
  let call = 0;
  const switching = createMiddleware({
    name: "switching",
    wrapModelCall: (request, handler) =>
      handler(call++ === 1 ? { ...request, model: server.chat({ model: "gpt-3.5-turbo" }) } : request),
  });
  const { ask } = parcelAgent(server, { middleware: [switching, filter.middleware] });
  for (let turn = 0; turn < 3; turn++) await ask(`Question ${turn}`);
  expect(seen.map(({ contextWindow }) => contextWindow)).toEqual([128_000, 16_385, 128_000]);
});

test("a fraction of a smaller model's window folds when that model is called", async () => {
  const server = await serving(lookThenAnswer);
  const filter = watchedFilter({ trigger: contextFraction(0.01), keep: { turns: 1 } });
  let small = false;
  const switching = createMiddleware({
    name: "switching",
    wrapModelCall: (request, handler) =>
      handler(small ? { ...request, model: server.chat({ model: "gpt-3.5-turbo" }) } : request),
  });
  const { ask } = parcelAgent(server, { middleware: [switching, filter.middleware] });
  for (let turn = 0; turn < 5; turn++) await ask(`Question ${turn} ${"word ".repeat(40)}`);
  expect(filter.of("summarized")).toEqual([]);
  small = true;
  await ask("Question 5");
  expect(filter.of("summarized")).toHaveLength(1);
  expect(sizes(server).at(-1)).toBeLessThan(10);
});

test("counts follow the usage that the provider tells", async () => {
  const heavy = ({ messages }: { messages: readonly object[] }) => ({
    content: "A fairly long answer about parcels. ".repeat(8),
    usage: {
      inputTokens: messages.length * 200,
      outputTokens: 100,
      totalTokens: messages.length * 200 + 100,
    },
  });
  const server = await serving(heavy);
  const { seen, filter } = watching();
  const { ask } = parcelAgent(server, { middleware: [filter.middleware] });
  for (let turn = 0; turn < 14; turn++) await ask(`Question ${turn}: ${"where is it? ".repeat(30)}`);
  const counted = 13.5 * ((288 + 398 + 12) / 4 + 8);
  expect(seen.at(-1)?.tokens).toBeGreaterThan(counted * 1.5);
});

test("the figures are those of `tokenThreshold`: 16,000 tokens behind the summary by default", async () => {
  const server = await serving(["y ".repeat(4000)]);
  const filter = watchedFilter();
  const { ask } = parcelAgent(server, { middleware: [filter.middleware] });
  for (let turn = 0; turn < 6; turn++) await ask(`Question ${turn}`);
  expect(filter.of("summarized").length).toBeGreaterThan(0);
  expect(filter.of("summarized")[0]?.explanation).toMatchObject({ name: "tokens", threshold: 16_000 });
  expect(tokenThreshold(16_000).name).toBe("tokens");
});
