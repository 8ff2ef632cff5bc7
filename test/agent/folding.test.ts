import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AIMessage, HumanMessage, RemoveMessage, SystemMessage } from "@langchain/core/messages";
import { REMOVE_ALL_MESSAGES } from "@langchain/langgraph";
import { SqliteSaver } from "@langchain/langgraph-checkpoint-sqlite";
import { eventCountThreshold, tokenThreshold } from "@sessionfold/core";
import { createMiddleware } from "langchain";
import { describe, expect, onTestFinished, test } from "vitest";
import { parcelAgent, serving, sizes, summariesIn, watchedFilter } from "../support/parcel-agent.ts";

const policy = { trigger: eventCountThreshold(12), keep: { turns: 1 } } as const;

describe("folding in a model call", () => {
  test("the state keeps every message, the model gets the window", async () => {
    const server = await serving();
    const filter = watchedFilter(policy);
    const { ask } = parcelAgent(server, { middleware: [filter.middleware] });
    for (let turn = 0; turn < 3; turn++) await ask(`Question ${turn}`);
    const messages = await ask("Question 3");
    expect(messages.map(({ type }) => type).join(" ")).toBe(Array(4).fill("human ai tool ai").join(" "));
    // 13 events fall due at the fourth question: the summary stands for the turns before the kept one.
    expect(sizes(server)).toEqual([1, 3, 5, 7, 9, 11, 2, 4]);
    expect(filter.of("summarized")).toHaveLength(1);
    expect(server.refused).toEqual([]);
  });

  test("a run goes on folding within one turn, and keeps the question and the latest round", async () => {
    const server = await serving(({ messages }, call) =>
      call < 40
        ? { toolCalls: [{ name: "look", args: { parcel: call } }] }
        : `Done: ${messages.at(-1)?.content ?? ""}`,
    );
    const filter = watchedFilter({ trigger: eventCountThreshold(20), keep: { events: 6, align: "round" } });
    const { agent, config } = parcelAgent(server, { middleware: [filter.middleware] });
    await agent.invoke(
      { messages: [{ role: "user", content: "Look up forty parcels" }] },
      { ...config, recursionLimit: 200 },
    );
    expect(filter.of("summarized").length).toBeGreaterThan(3);
    expect(Math.max(...sizes(server))).toBeLessThanOrEqual(21);
    for (const { messages } of server.requests) {
      expect(messages.filter(({ content }) => content === "Look up forty parcels")).toHaveLength(1);
      if (messages.length > 2) expect(messages.at(-1)?.role).toBe("tool");
    }
    expect(server.refused).toEqual([]);
  });

  test("a new process reads the summary off the checkpoint and pays for none", async () => {
    const folder = mkdtempSync(join(tmpdir(), "sessionfold-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const server = await serving();
    const first = watchedFilter(policy);
    const file = join(folder, "threads.sqlite");
    const before = parcelAgent(server, {
      middleware: [first.middleware],
      checkpointer: SqliteSaver.fromConnString(file),
    });
    for (let turn = 0; turn < 5; turn++) await before.ask(`Question ${turn}`);
    expect(first.of("summarized")).toHaveLength(1);
    const second = watchedFilter(policy);
    const after = parcelAgent(server, {
      middleware: [second.middleware],
      checkpointer: SqliteSaver.fromConnString(file),
    });
    await after.ask("Question 5");
    expect(second.of("summarized")).toEqual([]);
    expect(summariesIn(server)).toEqual(["SUMMARY 1"]);
    expect(sizes(server).at(-1)).toBe(1 + 4 + 4 + 3);
  });

  test("the next summary takes the place of the one before it, across processes", async () => {
    const server = await serving();
    const { checkpointer } = parcelAgent(server, { middleware: [] });
    const folded: string[] = [];
    for (let turn = 0; turn < 12; turn++) {
      const before = folded.slice(-1);
      const filter = watchedFilter({
        ...policy,
        onOutcome: (outcome) => outcome.kind === "summarized" && folded.push(outcome.summary.id),
      });
      await parcelAgent(server, { middleware: [filter.middleware], checkpointer }).ask(`Question ${turn}`);
      for (const { previous } of filter.summarizer.requests)
        expect(previous.map(({ id }) => id)).toEqual(before);
    }
    expect(folded.length).toBeGreaterThan(2);
    expect(server.refused).toEqual([]);
  });

  test("two threads at once know nothing of each other", async () => {
    const server = await serving();
    const filter = watchedFilter(policy);
    const threads = ["anna", "bert"].map((thread) => ({
      thread,
      ...parcelAgent(server, { middleware: [filter.middleware], thread }),
    }));
    for (let turn = 0; turn < 6; turn++)
      await Promise.all(threads.map(({ thread, ask }) => ask(`${thread} asks ${turn}`)));
    expect(filter.of("summarized")).toHaveLength(2);
    for (const { transcript } of filter.summarizer.requests)
      expect(transcript.includes("anna asks")).not.toBe(transcript.includes("bert asks"));
  });

  test("what a chat says is only text: `$&` reaches summarizer and model as it is", async () => {
    const server = await serving();
    const filter = watchedFilter({
      ...policy,
      summarizer: {
        ...watchedFilter().summarizer,
        summarize: async ({ transcript }) => ({ text: transcript.slice(0, 60) }),
      },
    });
    const { ask } = parcelAgent(server, { middleware: [filter.middleware] });
    for (let turn = 0; turn < 4; turn++) await ask(`$& and $1 cost {price} ${turn}`);
    expect(server.said("user")).toContain("$& and $1 cost {price} 0");
  });

  test("system messages in the state stay where they are", async () => {
    const server = await serving();
    const filter = watchedFilter(policy);
    const { agent, config, ask } = parcelAgent(server, {
      middleware: [filter.middleware],
      more: { systemPrompt: "" },
    });
    await agent.graph.updateState(config, { messages: [new SystemMessage("House rules.")] }, "__start__");
    for (let turn = 0; turn < 5; turn++) await ask(`Question ${turn}`);
    expect(filter.of("summarized")).toHaveLength(1);
    expect(server.requests.at(-1)?.messages[0]).toMatchObject({ role: "system", content: "House rules." });
  });

  test("a kept tail beyond the trigger is not folded again with every call", async () => {
    const server = await serving();
    const filter = watchedFilter({ trigger: tokenThreshold(50), keep: { turns: 4, maxTokens: 4000 } });
    const { ask } = parcelAgent(server, { middleware: [filter.middleware] });
    for (let turn = 0; turn < 20; turn++) await ask(`Question ${turn}: where is parcel ${turn}?`);
    // 40 calls, each above the trigger.
    expect(filter.of("summarized").length).toBeLessThan(14);
    expect(filter.of("skipped").some(({ reason }) => reason === "no-gain")).toBe(true);
  });
});

describe("a history that changes", () => {
  async function folded() {
    const server = await serving();
    const filter = watchedFilter(policy);
    const parcel = parcelAgent(server, { middleware: [filter.middleware] });
    for (let turn = 0; turn < 4; turn++) await parcel.ask(`Question ${turn}`);
    expect(filter.of("summarized")).toHaveLength(1);
    return { server, filter, ...parcel };
  }

  test("an edited message voids the summary that stood for it; the text that was edited away is gone", async () => {
    const { server, filter, agent, config, messages, ask } = await folded();
    const [first] = await messages();
    await agent.graph.updateState(
      config,
      {
        messages: [new HumanMessage({ id: first?.id ?? "", content: "Edited question" })],
      },
      "model_request",
    );
    await ask("Question 4");
    expect(filter.of("summarized")).toHaveLength(2);
    expect(filter.summarizer.requests[1]?.previous).toEqual([]);
    expect(filter.summarizer.requests[1]?.transcript).toContain("Edited question");
    expect(summariesIn(server)).toEqual(["SUMMARY 2"]);
  });

  test("deleted messages void it too, and never come back", async () => {
    const { server, filter, agent, config, messages, ask } = await folded();
    const doomed = (await messages()).slice(0, 4);
    await agent.graph.updateState(
      config,
      {
        messages: doomed.map(({ id }) => new RemoveMessage({ id: id ?? "" })),
      },
      "model_request",
    );
    await ask("Question 4");
    const [first] = server.requests.at(-2)?.messages.filter(({ role }) => role === "user") ?? [];
    expect(summariesIn(server, -2)).toEqual(filter.of("summarized").length === 2 ? ["SUMMARY 2"] : []);
    expect(filter.summarizer.requests[1]?.transcript ?? first?.content).not.toContain("Question 0");
    expect(server.refused).toEqual([]);
  });

  test("time travel to a checkpoint before the fold shows the messages of that time", async () => {
    const { server, filter, agent, config } = await folded();
    const before: { config: object; count: number }[] = [];
    for await (const state of agent.graph.getStateHistory(config)) {
      const { messages = [] } = state.values as { messages?: unknown[] };
      before.push({ config: state.config, count: messages.length });
    }
    const early = before.find(({ count }) => count === 4);
    await agent.invoke({ messages: [{ role: "user", content: "Another way" }] }, early?.config as never);
    expect(summariesIn(server)).toEqual([]);
    expect(sizes(server).slice(-2)).toEqual([5, 7]);
    expect(filter.of("summarized")).toHaveLength(1);
  });

  test("a fork after the fold has its summary, and pays for none", async () => {
    const { server, filter, agent, config, messages } = await folded();
    const fork = await agent.graph.updateState(
      config,
      { messages: [new AIMessage({ id: (await messages()).at(-1)?.id ?? "", content: "Another answer" })] },
      "model_request",
    );
    // The record rode on the call of the fourth turn, which the fork still has.
    await agent.invoke({ messages: [{ role: "user", content: "Go on" }] }, fork as never);
    expect(summariesIn(server)).toEqual(["SUMMARY 1"]);
    expect(filter.of("summarized")).toHaveLength(1);
  });

  test("INP-09 a summary of other messages is not applied, however many of them there are", async () => {
    const { server, filter, agent, config, messages, ask } = await folded();
    const all = await messages();
    const covered = new Set(filter.of("summarized")[0]?.summary.coverage.direct);
    const others = all.map((message, at) => {
      if (!covered.has(message.id ?? "")) return message;
      return at % 2 === 0 ? new HumanMessage(`Other ${at}`) : new AIMessage(`Reply ${at}`);
    });
    const update = { messages: [new RemoveMessage({ id: REMOVE_ALL_MESSAGES }), ...others] };
    await agent.graph.updateState(config, update, "model_request");
    // The answer that carries the record is still there.
    expect(
      (await messages()).some(({ response_metadata }) => response_metadata.sessionfold !== undefined),
    ).toBe(true);
    await ask("And now?");
    expect(summariesIn(server)).toEqual(["SUMMARY 2"]);
    expect(filter.summarizer.requests.at(-1)?.previous).toEqual([]);
    expect(filter.summarizer.requests.at(-1)?.transcript).toContain("Other 0");
    expect(filter.summarizer.requests.at(-1)?.transcript).not.toContain("Question 0");
  });

  test("a reminder that another middleware puts behind each request is sent, and belongs to no summary", async () => {
    const server = await serving(["A fairly long answer about parcels, gates and days."]);
    const filter = watchedFilter(policy);
    let reminders = 0;
    const reminding = createMiddleware({
      name: "reminding",
      wrapModelCall: (request, handler) => {
        const reminder = new HumanMessage(`Reminder ${reminders++}: be brief.`);
        return handler({ ...request, messages: [...request.messages, reminder] });
      },
    });
    const { ask } = parcelAgent(server, { middleware: [reminding, filter.middleware] });
    for (let turn = 0; turn < 16; turn++) await ask(`Question ${turn}`);
    expect(server.requests.every(({ messages }) => messages.at(-1)?.content.startsWith("Reminder"))).toBe(
      true,
    );
    expect(filter.of("summarized").length).toBeGreaterThan(1);
    // The question itself is the current one, not the reminder behind it.
    server.requests.forEach(({ messages }, turn) => {
      expect(messages.at(-2)?.content).toBe(`Question ${turn}`);
    });
    for (const { transcript } of filter.summarizer.requests) expect(transcript).not.toContain("Reminder");
  });
});
