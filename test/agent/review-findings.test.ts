import { HumanMessage } from "@langchain/core/messages";
import { eventCountThreshold } from "@sessionfold/core";
import { foldHook, foldMessages } from "@sessionfold/langchain";
import { describe, expect, onTestFinished, test } from "vitest";
import { parcelAgent, serving, watchedFilter } from "../support/parcel-agent.ts";

const policy = { trigger: eventCountThreshold(12), keep: { turns: 1 } } as const;

/** Rejections that nobody handled while `work` ran. */
async function unhandledIn(work: () => Promise<unknown>): Promise<readonly unknown[]> {
  const unhandled: unknown[] = [];
  const listener = (reason: unknown): void => {
    unhandled.push(reason);
  };
  process.on("unhandledRejection", listener);
  onTestFinished(() => void process.off("unhandledRejection", listener));
  await work();
  // Node tells of them after the microtasks of a turn.
  await new Promise((done) => setImmediate(done));
  return unhandled;
}

describe("what the application hangs on fails nobody", () => {
  const failing = {
    ...policy,
    onOutcome: async () => {
      throw new Error("no outcome");
    },
    onEvent: () => {
      throw new Error("no event");
    },
    logger: {
      warn: () => {
        throw new Error("no log");
      },
    },
    clock: () => {
      throw new Error("no time");
    },
  };

  test("an agent goes on, and folds", async () => {
    const server = await serving();
    const filter = watchedFilter(failing);
    const { ask } = parcelAgent(server, { middleware: [filter.middleware] });
    const unhandled = await unhandledIn(async () => {
      for (let turn = 0; turn < 4; turn++) await ask(`Question ${turn}`);
    });
    expect(unhandled).toEqual([]);
    expect(filter.of("summarized")).toHaveLength(1);
  });

  test("foldMessages and foldHook go on", async () => {
    const messages = Array.from({ length: 14 }, (_, at) => new HumanMessage({ id: `m${at}`, content: "Hi" }));
    const unhandled = await unhandledIn(async () => {
      expect((await foldMessages(messages, failing)).records).toHaveLength(1);
      await foldHook(failing)({ messages });
    });
    expect(unhandled).toEqual([]);
  });

  test("a clock that tells no time is told of once", async () => {
    const warnings: string[] = [];
    const logger = { warn: (message: string) => warnings.push(message) };
    const messages = [new HumanMessage("Hi"), new HumanMessage("Are you there?")];
    await foldMessages(messages, { ...policy, clock: () => Number.NaN, logger });
    expect(warnings).toEqual(["sessionfold: the clock told no time; the machine's is taken"]);
  });
});
