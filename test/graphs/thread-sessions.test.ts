import { type BaseMessage, HumanMessage, RemoveMessage } from "@langchain/core/messages";
import { type BaseCheckpointSaver, MemorySaver } from "@langchain/langgraph";
import { SqliteSaver } from "@langchain/langgraph-checkpoint-sqlite";
import { conversationThreshold, eventToJson } from "@sessionfold/core";
import { agentSummarizer, recallTools, threadSessions } from "@sessionfold/langchain";
import { createAgent } from "langchain";
import { describe, expect, test } from "vitest";
import { startModelServer } from "../support/model-server.ts";
import { stubSummarizer } from "../support/stub-summarizer.ts";

const THREAD = { appName: "langgraph", userId: "user", sessionId: "t1" };

async function talk(saver: BaseCheckpointSaver, threads: readonly string[] = ["t1"], turns = 3) {
  const server = await startModelServer((_, at) => `answer ${at + 1}`);
  const agent = createAgent({
    model: server.chat(),
    tools: [],
    checkpointer: saver,
    middleware: [
      agentSummarizer({
        mode: "inline",
        summarizer: stubSummarizer("the SUM"),
        trigger: conversationThreshold(3),
        keep: { turns: 1 },
      }),
    ],
  });
  for (const thread_id of threads) {
    for (let at = 1; at <= turns; at++)
      await agent.invoke({ messages: [new HumanMessage(`q${at}`)] }, { configurable: { thread_id } });
  }
  await server.close();
  return agent;
}

const texts = (events: readonly { message?: BaseMessage }[]) =>
  events.map(({ message }) => (message?.text.includes("SUM") ? "SUM" : message?.text));

describe.each([
  ["MemorySaver", () => new MemorySaver()],
  ["SqliteSaver", () => SqliteSaver.fromConnString(":memory:")],
])("over %s", (_, make) => {
  test.each(["the agent", "its checkpointer"])("what can be read of %s", async (from) => {
    const saver = make();
    const agent = await talk(saver);
    const sessions = threadSessions(from === "the agent" ? agent : saver);
    expect(texts((await sessions.getSession(THREAD))?.events ?? [])).toEqual(["SUM", "q3", "answer 3"]);
    const full = (await sessions.getSession({ ...THREAD, view: "full" }))?.events ?? [];
    expect(texts(full)).toEqual(["q1", "answer 1", "q2", "answer 2", "q3", "SUM", "answer 3"]);
    const summary = await sessions.getSummary(THREAD);
    expect(summary?.text).toBe("the SUM");
    const unfolded = await sessions.unfold(THREAD, summary?.id ?? "");
    expect(texts(unfolded)).toEqual(["q1", "answer 1", "q2", "answer 2"]);
    const [found] = await sessions.search(THREAD, "answer 1");
    expect(found?.summaryId).toBe(summary?.id);
    expect(full.map(eventToJson)).toHaveLength(7);
    expect((await sessions.listSummaryStatus(THREAD)).map(({ status }) => status)).toEqual(["effective"]);
  });

  test("a record does not count once what it covers has changed", async () => {
    const saver = make();
    const agent = await talk(saver);
    const sessions = threadSessions(agent);
    expect(await sessions.getSummary(THREAD)).not.toBeNull();
    const { events } = (await sessions.getSession({ ...THREAD, view: "full" })) ?? { events: [] };
    await agent.graph.updateState(
      { configurable: { thread_id: "t1" } },
      { messages: [new RemoveMessage({ id: events[0]?.message?.id ?? "" })] },
    );
    expect(await sessions.getSummary(THREAD)).toBeNull();
    expect(texts((await sessions.getSession(THREAD))?.events ?? [])).toContain("q2");
  });

  test("threads have owners, and nobody sees those of others", async () => {
    const saver = make();
    await talk(saver, ["erin/a", "dana/a", "dana/b", "nobody"], 1);
    const sessions = threadSessions(saver, {
      owner: (threadId) => {
        const [userId = "", rest] = threadId.split("/");
        return rest === undefined ? undefined : { appName: "shop", userId };
      },
    });
    const dana = { appName: "shop", userId: "dana" };
    expect(await sessions.getSession({ ...dana, sessionId: "dana/a" })).not.toBeNull();
    for (const sessionId of ["erin/a", "nobody", "none"])
      expect(await sessions.getSession({ ...dana, sessionId })).toBeNull();
    expect(await sessions.getSession({ ...THREAD, sessionId: "dana/a" })).toBeNull();
    const first = await sessions.listSessions({ ...dana, limit: 1 });
    const second = await sessions.listSessions({ ...dana, limit: 1, cursor: first.nextCursor });
    expect([first, second].map(({ sessions: [session] }) => session?.id)).toEqual(["dana/a", "dana/b"]);
    expect(first.sessions[0]?.events).toEqual([]);
    expect(second.nextCursor).toBeUndefined();
    expect((await sessions.listSessions({ appName: "shop" })).sessions).toHaveLength(3);
    const [search] = recallTools(sessions, { key: () => ({ ...dana, sessionId: "erin/a" }) });
    expect(await search.invoke({ query: "q1" })).toMatch(/^No message of 0/);
  });
});

test("what writes is refused", async () => {
  const sessions = threadSessions(new MemorySaver());
  const writes = [
    sessions.createSession(THREAD),
    sessions.deleteSession(THREAD),
    sessions.appendEvent({ session: THREAD, event: { message: "x" } }),
    sessions.summarize(THREAD, { force: true }),
    sessions.mark(THREAD, { pin: "x" }),
    sessions.prune(THREAD),
  ];
  for (const write of writes) await expect(write).rejects.toMatchObject({ code: "unsupported" });
  for (const source of [{}, null, { checkpointer: true }])
    expect(() => threadSessions(source as never)).toThrow(/checkpointer/);
  for (const options of [{ owner: { appName: "x" } }, { name: "" }, { nope: 1 }])
    expect(() => threadSessions(new MemorySaver(), options as never)).toThrow(/Expected|Unknown/);
});
