import { type BaseMessage, HumanMessage, RemoveMessage } from "@langchain/core/messages";
import { type BaseCheckpointSaver, interrupt, MemorySaver } from "@langchain/langgraph";
import { createReactAgent } from "@langchain/langgraph/prebuilt";
import { SqliteSaver } from "@langchain/langgraph-checkpoint-sqlite";
import { conversationThreshold, InMemorySessionService, withSummaries } from "@sessionfold/core";
import {
  agentSummarizer,
  archive,
  archiveThread,
  foldHook,
  recallTools,
  threadSessions,
} from "@sessionfold/langchain";
import { createAgent, tool } from "langchain";
import { describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { stubSummarizer } from "../support/stub-summarizer.ts";
import { DANA, modelServers, told, weather } from "./support.ts";

const serve = modelServers();
const config = { configurable: { thread_id: DANA.sessionId } };

async function setUp(saver: BaseCheckpointSaver = new MemorySaver(), more: { archive?: boolean } = {}) {
  // Every question is answered after a call of a tool, so that rounds are archived as well.
  const server = await serve(({ messages }) =>
    messages.at(-1)?.role === "user"
      ? { toolCalls: [{ name: "weather", args: { city: messages.at(-1)?.content ?? "" } }] }
      : `answered ${messages.at(-1)?.content}`,
  );
  const summarizer = stubSummarizer(
    ({ events, previous }) => `SUM of ${events.length}, ${previous.length} before`,
  );
  const inner = new InMemorySessionService();
  const sessions = withSummaries(inner, { mode: "manual" });
  const make = () =>
    createAgent({
      model: server.chat(),
      tools: [weather],
      checkpointer: saver,
      middleware: [
        agentSummarizer({
          mode: "inline",
          summarizer,
          trigger: conversationThreshold(3),
          keep: { turns: 2 },
        }),
        ...(more.archive === true
          ? [
              archive({
                sessions,
                key: ({ configurable }) => ({ ...DANA, sessionId: String(configurable?.thread_id) }),
                minMessages: 2,
              }),
            ]
          : []),
      ],
    });
  const ask = async (agent: ReturnType<typeof make>, text: string) =>
    (await agent.invoke({ messages: [new HumanMessage(text)] }, config)).messages as BaseMessage[];
  const seen = () =>
    (server.requests.at(-1)?.messages ?? []).map(({ role, content }) =>
      content.includes("SUM") ? (/SUM[^\n]*/.exec(content)?.[0] ?? "") : `${role}: ${content}`,
    );
  const state = async (agent: ReturnType<typeof make>) =>
    (await agent.graph.getState(config)).values.messages as BaseMessage[];
  return { server, summarizer, inner, sessions, make, ask, seen, state };
}

const texts = (messages: readonly BaseMessage[]) => messages.map(({ type, text }) => `${type}: ${text}`);

describe.each([
  ["MemorySaver", () => new MemorySaver()],
  ["SqliteSaver", () => SqliteSaver.fromConnString(":memory:")],
])("over %s", (_, saver) => {
  test("what is folded goes to the session service; the agent's window is the same before and after", async () => {
    const kept = await setUp(saver());
    const { sessions, make, ask, seen, state, summarizer } = await setUp(saver());
    const [plain, agent] = [kept.make(), make()];
    for (let at = 1; at <= 12; at++) {
      await kept.ask(plain, `q${at}`);
      await ask(agent, `q${at}`);
      if (at % 3 === 0) await archiveThread({ graph: agent, config, sessions, key: DANA });
      // Also a new process, which knows only what the state holds.
      expect(seen()).toEqual(kept.seen());
      if (at % 4 === 0) {
        await ask(make(), `again ${at}`);
        await kept.ask(kept.make(), `again ${at}`);
        expect(seen()).toEqual(kept.seen());
      }
    }
    expect(summarizer.requests.length).toBe(kept.summarizer.requests.length);
    expect(summarizer.requests.length).toBeGreaterThan(2);
    const left = await state(agent);
    const all = await kept.state(plain);
    expect(left.length).toBeLessThan(all.length / 2);
    const stored = (await sessions.getSession({ ...DANA, view: "full" }))?.events ?? [];
    const conversation = stored.flatMap(({ message, actions }) =>
      message === undefined || actions.summary !== undefined ? [] : [message],
    );
    const behind = left.filter(({ id }) => !conversation.some((message) => message.id === id));
    expect(texts([...conversation, ...behind])).toEqual(texts(all));
    expect((await agent.graph.getState(config)).next).toEqual([]);
  });
});

test("summaries of the session service cover what was archived: unfold, search and recall work there", async () => {
  const { sessions, make, ask } = await setUp();
  const agent = make();
  for (let at = 1; at <= 9; at++) {
    await ask(agent, `q${at}`);
    if (at % 2 === 0) await archiveThread({ graph: agent, config, sessions, key: DANA });
  }
  await archiveThread({ graph: agent, config, sessions, key: DANA });
  const statuses = (await sessions.listSummaryStatus(DANA)).map(({ status }) => status);
  expect(statuses.filter((status) => status === "effective")).toHaveLength(1);
  expect(new Set(statuses)).toEqual(new Set(["superseded", "effective"]));
  const summary = await sessions.getSummary(DANA);
  const unfolded = await sessions.unfold(DANA, summary?.id ?? "");
  expect(texts(unfolded.flatMap(({ message }) => message ?? [])).slice(0, 4)).toEqual([
    "human: q1",
    "ai: ",
    "tool: q1: rain",
    "ai: answered q1: rain",
  ]);
  const [search] = recallTools(sessions, { key: () => DANA });
  expect(await search.invoke({ query: "q1 rain" })).toContain("weather returned: q1: rain");
  // The thread says what it can: the summary stands, its events are elsewhere.
  const threads = threadSessions(agent);
  const key = { appName: "langgraph", userId: "user", sessionId: DANA.sessionId };
  const there = await threads.getSummary(key);
  expect(there?.id).toBe(summary?.id);
  await expect(threads.unfold(key, there?.id ?? "")).rejects.toMatchObject({ code: "events-pruned" });
});

test("a crash between the steps loses nothing, and the next call ends it", async () => {
  const { sessions, inner, make, ask, state, seen } = await setUp();
  const agent = make();
  for (let at = 1; at <= 5; at++) await ask(agent, `q${at}`);
  const before = texts(await state(agent));
  let appends = 0;
  // What is stored already is not stored again, so each time another step is the one that fails.
  for (const failing of [1, 2, 2, 2]) {
    const original = inner.appendEvent.bind(inner);
    const spy = vi.spyOn(inner, "appendEvent").mockImplementation(async (request) => {
      if (++appends === failing) throw new Error("crash");
      return original(request);
    });
    await expect(archiveThread({ graph: agent, config, sessions, key: DANA })).rejects.toThrow("crash");
    expect(texts(await state(agent))).toEqual(before);
    spy.mockRestore();
    appends = 0;
  }
  const update = vi.spyOn(agent.graph, "updateState").mockRejectedValueOnce(new Error("crash"));
  await expect(archiveThread({ graph: agent, config, sessions, key: DANA })).rejects.toThrow("crash");
  expect(texts(await state(agent))).toEqual(before);
  update.mockRestore();
  const stored = await told(sessions);
  expect(await archiveThread({ graph: agent, config, sessions, key: DANA })).toMatchObject({
    kind: "archived",
  });
  expect(await told(sessions)).toEqual(stored);
  expect(new Set(stored.filter((line) => line.startsWith("user"))).size).toBe(
    stored.filter((line) => line.startsWith("user")).length,
  );
  await ask(make(), "next");
  expect(seen()[0]).toMatch(/^SUM/);
});

test("the middleware archives at the end of a run; a service that fails leaves the state as it is", async () => {
  const { sessions, inner, make, ask, seen } = await setUp(new MemorySaver(), { archive: true });
  const agent = make();
  const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
  const append = vi.spyOn(inner, "appendEvent").mockRejectedValue(new Error("secret words"));
  for (let at = 1; at <= 4; at++) await ask(agent, `q${at}`);
  expect(warn.mock.calls.flat()).toEqual(
    warn.mock.calls.map(
      () =>
        "sessionfold: the session service did not take what was to be archived (Error); the next run tries again",
    ),
  );
  expect(warn.mock.calls.length).toBeGreaterThan(0);
  append.mockRestore();
  warn.mockRestore();
  let left = await ask(agent, "q5");
  expect(left.length).toBeLessThan(20);
  for (let at = 6; at <= 12; at++) left = await ask(make(), `q${at}`);
  expect(left.length).toBeLessThan(20);
  expect(seen()[0]).toMatch(/^SUM/);
  expect((await told(sessions)).filter((line) => line.startsWith("user"))).toContain("user: q1");
});

test.each([0, 1])(
  "the window has the summary also when a message that carries it is deleted (%i)",
  async (which) => {
    const { sessions, make, ask, seen, state } = await setUp();
    const agent = make();
    for (let at = 1; at <= 5; at++) await ask(agent, `q${at}`);
    await archiveThread({ graph: agent, config, sessions, key: DANA });
    const carriers = (await state(agent)).filter(({ response_metadata }) => response_metadata?.sessionfold);
    expect(carriers).toHaveLength(2);
    await agent.graph.updateState(config, {
      messages: [new RemoveMessage({ id: carriers[which]?.id ?? "" })],
    });
    await ask(make(), "next");
    expect(seen()[0]).toMatch(/^SUM/);
  },
);

test("a fork from before the archive has its messages, and its summary", async () => {
  const { sessions, make, ask, seen, state } = await setUp();
  const agent = make();
  for (let at = 1; at <= 5; at++) await ask(agent, `q${at}`);
  const before = (await agent.graph.getState(config)).config;
  const count = (await state(agent)).length;
  await archiveThread({ graph: agent, config, sessions, key: DANA });
  expect((await state(agent)).length).toBeLessThan(count);
  const { messages } = await make().invoke({ messages: [new HumanMessage("fork")] }, before as typeof config);
  expect(messages.length).toBe(count + 4);
  expect(seen()[0]).toMatch(/^SUM/);
});

test("pinned messages stay, and one that was edited after it was stored is stored anew", async () => {
  const { sessions, make, ask, state, seen } = await setUp();
  const agent = make();
  const pinned = { additional_kwargs: { sessionfold: { pinned: true } } };
  await agent.invoke(
    { messages: [new HumanMessage({ id: "rule", content: "always metric", ...pinned })] },
    config,
  );
  for (let at = 1; at <= 5; at++) await ask(agent, `q${at}`);
  await archiveThread({ graph: agent, config, sessions, key: DANA });
  expect((await state(agent)).some(({ id }) => id === "rule")).toBe(true);
  await agent.graph.updateState(config, {
    messages: [new HumanMessage({ id: "rule", content: "imperial now" })],
  });
  // The new text has been read by no summary, so no summary hides it.
  await ask(make(), "and now?");
  expect(seen()).toContain("user: imperial now");
  for (let at = 6; at <= 12; at++) await ask(agent, `q${at}`);
  await archiveThread({ graph: agent, config, sessions, key: DANA });
  expect((await state(agent)).some(({ id }) => id === "rule")).toBe(false);
  const stored = await told(sessions);
  expect(stored).toContain("user: always metric");
  expect(stored).toContain("user: imperial now");
  expect(seen()[0]).toMatch(/^SUM/);
});

test("nothing to do, a thread that waits, and wrong options", async () => {
  const { sessions, make, ask, server } = await setUp();
  const agent = make();
  const thread = { graph: agent, config, sessions, key: DANA };
  expect(await archiveThread(thread)).toEqual({ kind: "skipped", reason: "nothing-folded" });
  for (let at = 1; at <= 4; at++) await ask(agent, `q${at}`);
  expect(await archiveThread({ ...thread, minMessages: 1000 })).toEqual({
    kind: "skipped",
    reason: "too-few",
  });
  const asks = tool(async () => `${interrupt("?")}`, {
    name: "weather",
    description: "-",
    schema: z.object({}),
  });
  const waiting = createAgent({ model: server.chat(), tools: [asks], checkpointer: new MemorySaver() });
  await waiting.invoke({ messages: [new HumanMessage("q")] }, config);
  expect(await archiveThread({ ...thread, graph: waiting })).toEqual({
    kind: "skipped",
    reason: "run-in-progress",
  });
  await expect(archiveThread({ ...thread, graph: {} })).rejects.toThrow(/`graph`/);
  await expect(archiveThread({ ...thread, minMessages: 0 })).rejects.toThrow(/`minMessages`/);
  await expect(archiveThread({ ...thread, key: {} as never })).rejects.toThrow(/`appName`/);
  expect(() => archive({ sessions } as never)).toThrow(/`key`/);
});

test("what one agent has folded stays, since the others still read it", async () => {
  const server = await serve((_, at) => `answer ${at}`);
  const sessions = new InMemorySessionService();
  const agent = createAgent({
    name: "scout",
    model: server.chat(),
    tools: [],
    checkpointer: new MemorySaver(),
    middleware: [
      agentSummarizer({
        mode: "inline",
        scope: "agent",
        summarizer: stubSummarizer("SUM"),
        trigger: ({ events }) => events > 3,
        keep: { events: 1 },
      }),
    ],
  });
  for (let at = 1; at <= 6; at++) await agent.invoke({ messages: [new HumanMessage(`q${at}`)] }, config);
  expect(server.requests.at(-1)?.messages.some(({ content }) => content.includes("SUM"))).toBe(true);
  const thread = { graph: agent, config, sessions, key: DANA };
  expect(await archiveThread(thread)).toEqual({ kind: "skipped", reason: "nothing-folded" });
});

test("archives what a hook has folded, too", async () => {
  const server = await serve((_, at) => `answer ${at + 1}`);
  const summarizer = stubSummarizer(({ previous }) => `SUM, ${previous.length} before`);
  const saver = new MemorySaver();
  const sessions = new InMemorySessionService();
  const make = () =>
    createReactAgent({
      llm: server.chat(),
      tools: [],
      checkpointer: saver,
      preModelHook: foldHook({ summarizer, trigger: conversationThreshold(3), keep: { turns: 1 } }),
    });
  for (let at = 1; at <= 12; at++) {
    await make().invoke({ messages: [new HumanMessage(`q${at}`)] }, config);
    await archiveThread({ graph: make(), config, sessions, key: DANA });
  }
  // As often as without an archive: every third question, each summary on top of the one before.
  expect(summarizer.requests.map(({ previous }) => previous.length)).toEqual([0, 1, 1, 1]);
  expect(server.requests.at(-1)?.messages[0]?.content).toContain("SUM, 1 before");
  const { values } = await make().getState(config);
  expect(values.messages.length).toBeLessThan(8);
});
