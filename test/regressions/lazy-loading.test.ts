import { expect, test } from "vitest";
import { runProcess } from "../support/own-process.ts";

/** A request is the first to load the package; the folds of later ones tell where they run. */
const PROCESS = `
  import { AIMessage } from "@langchain/core/messages";
  import { RunnableLambda } from "@langchain/core/runnables";
  import { AsyncLocalStorageProviderSingleton } from "@langchain/core/singletons";
  import { MemorySaver } from "@langchain/langgraph";
  import { createAgent, fakeModel } from "langchain";

  const told = [];
  const callbacks = [{ handleChainStart: (...[, , , , , , , name]) => void told.push(name) }];
  const first = (load) =>
    RunnableLambda.from(load).withConfig({ runName: "first" }).invoke(null, { callbacks, tags: ["first"] });
  const seen = [];
  const options = {
    mode: "background",
    trigger: ({ userEvents }) => userEvents >= 3,
    keep: { turns: 1 },
    summarizer: {
      name: "writer",
      model: "m",
      summarize: async () => {
        seen.push(AsyncLocalStorageProviderSingleton.getRunnableConfig()?.tags ?? "no run");
        await RunnableLambda.from(() => null).withConfig({ runName: "the fold's" }).invoke(null);
        return { text: "SUMMARY" };
      },
    },
  };
  WORK
  console.log(JSON.stringify({ told, seen }));
`;

test.each([
  [
    "@sessionfold/core",
    `
      const { InMemorySessionService, withSummaries } = await first(() => import("@sessionfold/core"));
      const sessions = withSummaries(new InMemorySessionService(), options);
      const session = await sessions.createSession({ appName: "app", userId: "user" });
      for (let turn = 0; turn < 3; turn++) {
        await sessions.appendEvent({ session, event: { author: "user", message: "question " + turn } });
        await sessions.appendEvent({ session, event: { author: "agent", message: "answer " + turn } });
      }
      await sessions.close();
    `,
  ],
  [
    "@sessionfold/langchain",
    `
      const { agentSummarizer } = await first(() => import("@sessionfold/langchain"));
      const filter = agentSummarizer(options);
      const model = fakeModel();
      for (let turn = 0; turn < 3; turn++) model.respond(new AIMessage("answer " + turn));
      const agent = createAgent({ model, tools: [], middleware: [filter], checkpointer: new MemorySaver() });
      for (let turn = 0; turn < 3; turn++)
        await agent.invoke(
          { messages: [{ role: "user", content: "question " + turn }] },
          { configurable: { thread_id: "thread" } },
        );
      await filter.close();
    `,
  ],
])("%s: the run that loads it is told of no fold, nor do folds run within it", async (_, work) => {
  const { printed, errors } = await runProcess(PROCESS.replace("WORK", work));
  expect(errors).toBe("");
  expect(JSON.parse(printed)).toEqual({ told: ["first"], seen: ["no run"] });
});
