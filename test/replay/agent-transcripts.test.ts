import type { AIMessage, BaseMessage } from "@langchain/core/messages";
import { MemorySaver } from "@langchain/langgraph";
import { approximateCounter, eventCountThreshold, presets, tokenThreshold } from "@sessionfold/core";
import { type AgentSummarizerOptions, agentSummarizer } from "@sessionfold/langchain";
import { createAgent, tool } from "langchain";
import { expect, test } from "vitest";
import { z } from "zod";
import { type FullAnswer, startModelServer } from "../support/model-server.ts";
import { hasSet, loadSet } from "../support/shared-data.ts";
import { stubSummarizer } from "../support/stub-summarizer.ts";

/** Real transcripts of agents, as many of each as a test run has time for. */
const SETS = { taubench: 12, sweagent: 3, pi: 3 } as const;
const MOST_MESSAGES = 160;

const quick = { summarizer: stubSummarizer("A summary."), tokenCounter: approximateCounter() } as const;
const POLICIES: Readonly<Record<string, AgentSummarizerOptions>> = {
  tokens: { trigger: tokenThreshold(1500), keep: { tokens: 700 }, ...quick },
  events: { trigger: eventCountThreshold(12), keep: { events: 5, align: "round" }, ...quick },
  turns: { ...presets.trpcAgent({ turns: 3, keepEvents: 4 }), ...quick },
  everything: { trigger: eventCountThreshold(2), keep: { turns: 0 }, minGain: 0, ...quick },
  trimmed: {
    trigger: tokenThreshold(3000),
    keep: { tokens: 700 },
    trimToolResults: { above: 200, keepRecent: 2, head: 50, tail: 50 },
    ...quick,
  },
};

type Message = BaseMessage & Partial<Pick<AIMessage, "tool_calls">>;

/** The transcript as what a user says, what the model answers to it, and what the tools return, in turn. */
interface Part {
  readonly question: string;
  readonly answers: readonly FullAnswer[];
}

/** Takes a transcript apart. Calls without a result, and results without a call, are left to the tests of windows. */
function partsOf(messages: readonly Message[]): {
  readonly parts: readonly Part[];
  readonly results: string[];
} {
  const parts: { question: string; answers: FullAnswer[] }[] = [];
  const results: string[] = [];
  const resultOf = new Map<string, string>();
  for (const message of messages)
    if (message.type === "tool")
      resultOf.set((message as unknown as { tool_call_id: string }).tool_call_id, message.text);
  for (const message of messages) {
    if (message.type === "human") parts.push({ question: message.text || "(media)", answers: [] });
    else if (message.type === "ai" && parts.length > 0) {
      const calls = (message.tool_calls ?? []).filter(({ id }) => resultOf.has(id ?? ""));
      if (calls.length === 0 && message.text.trim() === "") continue;
      for (const { id } of calls) results.push(resultOf.get(id ?? "") ?? "");
      const toolCalls = calls.map(({ name, args }) => ({
        name: "act",
        args: { of: name, args: JSON.stringify(args) },
      }));
      parts.at(-1)?.answers.push({ content: message.text, ...(toolCalls.length > 0 && { toolCalls }) });
    }
  }
  return { parts, results };
}

/** Has a real agent live through a transcript, and tells how often it folded. */
async function live(messages: readonly Message[], policy: AgentSummarizerOptions): Promise<number> {
  const { parts, results } = partsOf(messages);
  const script = parts.flatMap(({ answers }) => {
    const last = answers.at(-1);
    return last?.toolCalls === undefined
      ? answers.length > 0
        ? answers
        : [{ content: "Yes." }]
      : [...answers, { content: "Done." }];
  });
  // A text in the middle of a turn ends the run: what follows it is asked for with a question of its own.
  const server = await startModelServer((_, call) => script[call] ?? { content: "Done." });
  let folds = 0;
  let result = 0;
  const act = tool(async () => results[result++] ?? "", {
    name: "act",
    description: "Acts.",
    schema: z.object({ of: z.string(), args: z.string() }),
  });
  const agent = createAgent({
    model: server.chat(),
    tools: [act],
    checkpointer: new MemorySaver(),
    middleware: [
      agentSummarizer({
        ...policy,
        onOutcome: (outcome) => {
          if (outcome.kind === "failed") throw outcome.error;
          if (outcome.kind === "summarized") folds++;
        },
        logger: {
          warn: (message) => {
            throw new Error(message);
          },
        },
      }),
    ],
  });
  try {
    for (const { question } of parts)
      await agent.invoke(
        { messages: [{ role: "user", content: question }] },
        { configurable: { thread_id: "transcript" }, recursionLimit: 1000 },
      );
    expect(server.refused).toEqual([]);
  } finally {
    await server.close();
  }
  return folds;
}

for (const [set, count] of Object.entries(SETS)) {
  test.skipIf(!hasSet(set))(`${set}: no request of an agent that lives through it is refused`, async () => {
    const transcripts = (await loadSet(set)).slice(0, count);
    let folds = 0;
    for (const policy of Object.values(POLICIES)) {
      for (const { events } of transcripts)
        folds += await live(events.map(({ message }) => message).slice(0, MOST_MESSAGES), policy);
    }
    expect(folds).toBeGreaterThan(20);
  });
}
