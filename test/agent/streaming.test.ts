import { BaseCallbackHandler } from "@langchain/core/callbacks/base";
import type { AIMessageChunk } from "@langchain/core/messages";
import { eventCountThreshold } from "@sessionfold/core";
import type { FoldEvent } from "@sessionfold/langchain";
import { describe, expect, test } from "vitest";
import { byModel } from "../support/model-server.ts";
import { lookThenAnswer, parcelAgent, serving, summariesIn, watchedFilter } from "../support/parcel-agent.ts";

const policy = { trigger: eventCountThreshold(12), keep: { turns: 1 } } as const;

async function streamed(mode: "messages" | "updates" | "values" | "custom") {
  const server = await serving(byModel({ "gpt-4o-mini": lookThenAnswer, writer: ["SUMMARY 1 of the talk"] }));
  const filter = watchedFilter({ ...policy, model: server.chat({ model: "writer" }) });
  const { agent, config, ask } = parcelAgent(server, {
    middleware: [filter.middleware],
    more: { name: "anna" },
  });
  for (let turn = 0; turn < 3; turn++) await ask(`Question ${turn}`);
  const pieces: unknown[] = [];
  const input = { messages: [{ role: "user", content: "Question 3" }] };
  for await (const piece of await agent.stream(input, { ...config, streamMode: mode } as never))
    pieces.push(piece);
  expect(filter.of("summarized")).toHaveLength(1);
  return { server, filter, pieces };
}

describe("a run that is streamed while it folds", () => {
  test("messages: the answer's tokens arrive, none of the summary's", async () => {
    const { pieces, server } = await streamed("messages");
    const text = (pieces as [AIMessageChunk, unknown][]).map(([chunk]) => chunk.text).join("");
    expect(text).toContain("waits at gate 7");
    expect(text).not.toContain("SUMMARY");
    expect(summariesIn(server)).toEqual(["SUMMARY 1"]);
  });

  test("updates: each step is told once, and nothing besides the steps", async () => {
    const { pieces } = await streamed("updates");
    expect((pieces as object[]).map((piece) => Object.keys(piece)[0])).toEqual([
      "model_request",
      "tools",
      "model_request",
    ]);
  });

  test("values: the whole conversation each time, and no key of ours", async () => {
    const { pieces } = await streamed("values");
    const last = pieces.at(-1) as { messages: unknown[] };
    expect(last.messages).toHaveLength(16);
    for (const piece of pieces as object[]) expect(Object.keys(piece)).toEqual(["messages"]);
  });

  test("custom: the fold is told, without a word of what was said", async () => {
    const { pieces, filter } = await streamed("custom");
    const [outcome] = filter.of("summarized");
    expect(pieces as FoldEvent[]).toEqual([
      {
        type: "sessionfold",
        kind: "summarized",
        filter: "sessionfold",
        agent: "anna",
        summaryId: outcome?.summary.id,
        trigger: outcome?.summary.trigger,
        before: outcome?.before,
        after: outcome?.after,
        durationMs: outcome?.summary.durationMs,
      },
    ]);
    expect(JSON.stringify(pieces)).not.toContain("Question");
  });
});

test("the summarising call is a child of the run: its callbacks see it, tagged", async () => {
  const server = await serving(byModel({ "gpt-4o-mini": lookThenAnswer, writer: ["SUMMARY 1"] }));
  const filter = watchedFilter({ ...policy, model: server.chat({ model: "writer" }) });
  const { agent, config } = parcelAgent(server, { middleware: [filter.middleware] });
  const seen: { tags: readonly string[]; parent: string | undefined; usage?: unknown }[] = [];
  class Watcher extends BaseCallbackHandler {
    name = "watcher";
    override handleChatModelStart(
      _llm: unknown,
      _messages: unknown,
      _runId: string,
      parent?: string,
      _extra?: unknown,
      tags: string[] = [],
    ): void {
      seen.push({ tags, parent });
    }
  }
  for (let turn = 0; turn < 4; turn++) {
    const input = { messages: [{ role: "user", content: `Question ${turn}` }] };
    await agent.invoke(input, { ...config, callbacks: [new Watcher()] });
  }
  const ours = seen.filter(({ tags }) => tags.includes("sessionfold"));
  expect(ours).toHaveLength(1);
  expect(ours[0]?.tags).toContain("nostream");
  expect(ours[0]?.parent).toBeDefined();
  expect(seen).toHaveLength(9);
});
