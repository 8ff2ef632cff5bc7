import { AIMessage, HumanMessage } from "@langchain/core/messages";
import { expect, test } from "vitest";
import { backgroundFilter, heldWriter, twoModels } from "../agent/background-agent.ts";
import { until } from "../background/support.ts";
import { parcelAgent } from "../support/parcel-agent.ts";

/** More than the forks of one thread that a filter keeps apart. */
const THREADS = Array.from({ length: 12 }, (_, at) => `thread ${at}`);

/** The application's own first messages: the same words with the same ids in every thread. */
const greeting = () => [
  new HumanMessage({ id: "hello", content: "Hello" }),
  new AIMessage({ id: "welcome", content: "Welcome. What may I look up?" }),
];

test("each of the threads that begin alike has its own fold, though they are due at once", async () => {
  const { writer, held } = heldWriter();
  const models = await twoModels(async (request, call) => {
    await writer(request, call);
    return `SUMMARY ${call} ${JSON.stringify(request.messages).match(/of thread \d+/)?.[0]}.`;
  });
  const filter = backgroundFilter(models, { limit: false, maxConcurrentFolds: 2 });
  const threads = await Promise.all(
    THREADS.map(async (thread) => {
      const its = parcelAgent(models.server, { middleware: [filter.middleware], thread });
      await its.agent.graph.updateState(its.config, { messages: greeting() }, "model_request");
      return { thread, ...its };
    }),
  );
  const askAll = (turn: number) =>
    Promise.all(threads.map(({ thread, ask }) => ask(`Question ${turn} of ${thread}.`)));
  for (let turn = 0; turn < 3; turn++) await askAll(turn);
  await until(() => models.written().length === 2);
  held.open();
  await filter.middleware.flush();
  expect(models.written()).toHaveLength(THREADS.length);

  await askAll(3);
  for (const { thread } of threads) {
    const sent = models.asked().map(({ messages }) => JSON.stringify(messages));
    const its = sent.filter((messages) => messages.includes(`Question 3 of ${thread}.`));
    expect(its).toHaveLength(2);
    for (const messages of its)
      expect(messages.match(/SUMMARY \d+ of thread \d+/g)).toEqual([
        expect.stringMatching(new RegExp(`SUMMARY \\d+ of ${thread}$`)),
      ]);
  }
});
