import { AIMessage, type BaseMessage, HumanMessage } from "@langchain/core/messages";
import type { SummarizeOutcome, Summarizer } from "@sessionfold/core";
import { approximateCounter, eventCountThreshold, extractive, tokenThreshold } from "@sessionfold/core";
import { foldHook, foldMessages } from "@sessionfold/langchain";
import { createMiddleware, tool } from "langchain";
import { describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { parcelAgent, serving, watchedFilter } from "../support/parcel-agent.ts";
import { stubSummarizer } from "../support/stub-summarizer.ts";

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

describe("an answer that is not the agent's alone", () => {
  const REFUSAL = "I cannot help with that.";
  const fields = { content: REFUSAL };
  const shared = new AIMessage(fields);

  /** An agent with the filter and, within it, a guard; asks Alice until a summary rides on the refusal, then Bob. */
  async function refused(refusal: () => AIMessage): Promise<Record<"alice" | "bob", readonly BaseMessage[]>> {
    const server = await serving();
    const { middleware } = watchedFilter(policy);
    const guard = createMiddleware({
      name: "guard",
      wrapModelCall: (request, handler) =>
        request.messages.at(-1)?.text === "Something bad" ? refusal() : handler(request),
    });
    const alice = parcelAgent(server, { middleware: [middleware, guard], thread: "alice" });
    for (let turn = 0; turn < 3; turn++) await alice.ask(`Question ${turn}`);
    await alice.ask("Something bad");
    const bob = parcelAgent(server, { middleware: [middleware, guard], thread: "bob" });
    await bob.ask("Something bad");
    return { alice: await alice.messages(), bob: await bob.messages() };
  }

  test.each([
    ["made of the same fields", () => new AIMessage(fields)],
    ["the same object", () => shared],
  ])("%s takes no summary into another thread", async (_, refusal) => {
    const { alice, bob } = await refused(refusal);
    expect(JSON.stringify(alice.at(-1))).toContain("SUMMARY 1");
    expect(bob.map(({ text }) => text)).toEqual(["Something bad", REFUSAL]);
    expect(JSON.stringify(bob)).not.toContain("SUMMARY");
    expect(JSON.stringify([fields, shared])).not.toContain("SUMMARY");
  });

  test("one that comes from another thread leaves that thread's records behind", async () => {
    const { alice } = await refused(() => new AIMessage(REFUSAL));
    const { bob } = await refused(() => new AIMessage({ ...alice.at(-1)?.lc_kwargs, content: REFUSAL }));
    expect(JSON.stringify(alice)).toContain("SUMMARY");
    expect(bob.at(-1)?.text).toBe(REFUSAL);
    expect(JSON.stringify(bob)).not.toContain("SUMMARY");
  });
});

describe("a request that is too long for the model", () => {
  const never = { trigger: tokenThreshold(1e9), keep: { turns: 1 } } as const;
  const study = tool(async ({ page }) => `Page ${page}: ${"data ".repeat(120)}`, {
    name: "study",
    description: "Reads a page.",
    schema: z.object({ page: z.number() }),
  });

  /** Reads many pages about a document that fills most of the model's window, then answers. */
  async function research(summarizer: Summarizer): Promise<readonly SummarizeOutcome[]> {
    const server = await serving(
      (_, call) => (call < 10 ? { toolCalls: [{ name: "study", args: { page: call } }] } : "Done"),
      { contextWindow: 3000, tokenCounter: approximateCounter() },
    );
    const filter = watchedFilter({ ...never, summarizer });
    const { ask } = parcelAgent(server, { middleware: [filter.middleware], more: { tools: [study] } });
    expect((await ask(`Document: ${"text ".repeat(1700)}`)).at(-1)?.text).toBe("Done");
    return filter.outcomes;
  }

  test("what cannot be folded is no measure of what is kept", async () => {
    const outcomes = await research(extractive());
    const folds = outcomes.filter((outcome) => outcome.kind === "summarized");
    expect(folds.length).toBeGreaterThan(0);
    for (const { before, after } of folds) expect(after.tokens).toBeLessThan(before.tokens);
  });

  test("a summary that takes more than it stands for is followed by a shorter one of all", async () => {
    const asked: (number | undefined)[] = [];
    const summarizer = stubSummarizer(({ targetTokens }) => {
      asked.push(targetTokens);
      return asked.length === 1 ? "much to say ".repeat(250) : "Parcels wait at gate 7.";
    });
    await research(summarizer);
    expect(asked.length).toBeGreaterThan(1);
    expect(asked[1]).toBeLessThan(asked[0] ?? 0);
  });

  test("where no summary helps, the caller gets the provider's own error", async () => {
    const wordy = stubSummarizer(() => "much to say ".repeat(200));
    await expect(research(wordy)).rejects.toThrow(/maximum context length/);
    expect(wordy.requests).toHaveLength(2);
  });
});
