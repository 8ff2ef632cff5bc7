import { type BaseMessage, HumanMessage } from "@langchain/core/messages";
import { MemorySaver } from "@langchain/langgraph";
import { conversationThreshold, exportSession, importSession, withSummaries } from "@sessionfold/core";
import {
  agentSummarizer,
  archive,
  createSessionRunner,
  recallTools,
  threadSessions,
} from "@sessionfold/langchain";
import { createAgent } from "langchain";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DANA, modelServers } from "../graphs/support.ts";
import { stubSummarizer } from "../support/stub-summarizer.ts";
import { postgresStores, sqliteStores } from "./shared-stores.ts";

const HOOK_MS = 60_000;
const config = { configurable: { thread_id: DANA.sessionId } };
const serve = modelServers();
const texts = (messages: readonly BaseMessage[]) => messages.map(({ type, text }) => `${type}: ${text}`);

async function agentOf(
  middleware: Parameters<typeof createAgent>[0]["middleware"],
  checkpointer?: MemorySaver,
) {
  const server = await serve(({ messages }) => `answered ${messages.at(-1)?.content}`);
  return createAgent({
    model: server.chat(),
    ...(checkpointer && { checkpointer }),
    middleware: middleware ?? [],
  });
}

for (const stores of [sqliteStores(), postgresStores()]) {
  describe(`agents over ${stores.name}`, () => {
    beforeAll(() => stores.start(), HOOK_MS);
    afterAll(() => stores.stop(), HOOK_MS);

    test("what is archived leaves the thread, and is there in another process: to unfold, to search, to recall", async () => {
      const open = await stores.fresh();
      const sessions = withSummaries(await open(), { mode: "manual" });
      const agent = await agentOf(
        [
          agentSummarizer({
            mode: "inline",
            summarizer: stubSummarizer(({ events }) => `SUM of ${events.length}`),
            trigger: conversationThreshold(3),
            keep: { turns: 1 },
          }),
          archive({ sessions, key: () => DANA, minMessages: 1 }),
        ],
        new MemorySaver(),
      );
      let left: readonly BaseMessage[] = [];
      for (let at = 1; at <= 9; at++) {
        const { messages } = await agent.invoke({ messages: [new HumanMessage(`question ${at}`)] }, config);
        left = messages;
      }
      expect(left.length).toBeLessThan(9);

      const later = withSummaries(await open(), { mode: "manual" });
      const summary = await later.getSummary(DANA);
      const unfolded = (await later.unfold(DANA, summary?.id ?? "")).flatMap(({ message }) => message ?? []);
      expect(texts(unfolded).slice(0, 2)).toEqual(["human: question 1", "ai: answered question 1"]);
      expect((await later.search(DANA, "question 2")).map(({ summaryId }) => summaryId)).toContain(
        summary?.id,
      );
      const [search] = recallTools(later, { key: () => DANA });
      expect(await search.invoke({ query: "question 1" })).toContain("answered question 1");
      // The thread and the store tell of the same summary.
      const threads = threadSessions(agent);
      const there = { appName: "langgraph", userId: "user", sessionId: DANA.sessionId };
      expect((await threads.getSummary(there))?.id).toBe(summary?.id);
    });

    test("a thread that is read as a session is exported into it, window, summary and all", async () => {
      const agent = await agentOf(
        [
          agentSummarizer({
            mode: "inline",
            summarizer: stubSummarizer("SUM"),
            trigger: conversationThreshold(3),
            keep: { turns: 1 },
          }),
        ],
        new MemorySaver(),
      );
      for (let at = 1; at <= 5; at++)
        await agent.invoke({ messages: [new HumanMessage(`question ${at}`)] }, config);
      const threads = threadSessions(agent);
      const there = { appName: "langgraph", userId: "user", sessionId: DANA.sessionId };

      const open = await stores.fresh();
      const sessions = withSummaries(await open(), { mode: "manual" });
      await importSession(sessions, exportSession(threads, there), { key: DANA });
      const ids = (await sessions.getSession(DANA))?.events.map(({ id }) => id);
      expect(ids).toEqual((await threads.getSession(there))?.events.map(({ id }) => id));
      const summary = await sessions.getSummary(DANA);
      expect(summary?.id).toBe((await threads.getSummary(there))?.id);
      expect((await sessions.unfold(DANA, summary?.id ?? "")).length).toBeGreaterThan(2);
    });

    test("a runner's session is gone on with by another process", async () => {
      const open = await stores.fresh();
      const folding = async () =>
        withSummaries(await open(), {
          mode: "inline",
          summarizer: stubSummarizer(({ events }) => `SUM of ${events.length}`),
          trigger: conversationThreshold(3),
          keep: { turns: 1 },
        });
      const agent = await agentOf([]);
      await (await folding()).createSession(DANA);
      for (let at = 1; at <= 8; at++) {
        const runner = createSessionRunner({ agent, sessions: await folding() });
        await runner.run({ session: DANA, input: `question ${at}` });
      }
      const sessions = await folding();
      const log = await sessions.getSession({ ...DANA, view: "full" });
      expect(log?.events.filter(({ author }) => author === "user")).toHaveLength(8);
      expect((await sessions.getSession(DANA))?.events.length).toBeLessThan(8);
      expect((await sessions.listSummaries(DANA)).length).toBeGreaterThan(1);
    });
  });
}
