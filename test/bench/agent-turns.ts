import { setTimeout as wait } from "node:timers/promises";
import { MemorySaver } from "@langchain/langgraph";
import { eventCountThreshold } from "@sessionfold/core";
import { type AgentSummarizer, agentSummarizer } from "@sessionfold/langchain";
import { createAgent } from "langchain";
import { byModel, startModelServer } from "../support/model-server.ts";
import { figure, median } from "./measure.ts";

const TURNS = 150;
/** What the agent's own model takes, and the summarizing one. */
const ANSWER_MS = 50;
const SUMMARY_MS = 2000;
/** The first turns of a process are slower than all others. */
const WARM_UP = 10;

/**
 * Latency of an agent's turn while a model of 2 s summarises in the background, against the same agent whose thread is
 * never due: turn by turn in the same run, with a real chat client over HTTP. No hard limit: turns come faster here than
 * people write.
 */
export async function benchAgentTurns(): Promise<void> {
  const server = await startModelServer(
    byModel({
      "gpt-4o-mini": async ({ messages }) => {
        await wait(ANSWER_MS);
        return `An answer to ${messages.length} messages about parcels, gates and days.`;
      },
      writer: async () => {
        await wait(SUMMARY_MS);
        return "Parcels were watched.";
      },
    }),
    { keepAlive: true },
  );
  let folds = 0;
  const sideOf = (due: number): { filter: AgentSummarizer; turn: (at: number) => Promise<number> } => {
    const filter = agentSummarizer({
      mode: "background",
      model: server.chat({ model: "writer" }),
      trigger: eventCountThreshold(due),
      keep: { turns: 2 },
      limit: false,
      onOutcome: ({ kind }) => {
        if (kind === "summarized") folds++;
      },
    });
    const agent = createAgent({
      model: server.chat(),
      tools: [],
      checkpointer: new MemorySaver(),
      middleware: [filter],
    });
    const config = { configurable: { thread_id: "bench" } };
    const turn = async (at: number): Promise<number> => {
      const start = performance.now();
      await agent.invoke({ messages: [{ role: "user", content: `Where is parcel ${at}?` }] }, config);
      return performance.now() - start;
    };
    return { filter, turn };
  };
  const [folding, none] = [sideOf(20), sideOf(Number.MAX_SAFE_INTEGER)];
  const took = { folding: [] as number[], none: [] as number[], ratio: [] as number[] };
  for (let at = 0; at < TURNS; at++) {
    const times = new Map<object, number>();
    for (const side of at % 2 === 0 ? [folding, none] : [none, folding]) times.set(side, await side.turn(at));
    if (at < WARM_UP) continue;
    const [a = Number.NaN, b = Number.NaN] = [times.get(folding), times.get(none)];
    took.folding.push(a);
    took.none.push(b);
    took.ratio.push(a / b);
  }
  await folding.filter.close();
  await none.filter.close();
  await server.close();
  const [a = 0, b = 0, pairs = 0] = [took.folding, took.none, took.ratio].map((times) =>
    median(times.sort((x, y) => x - y)),
  );
  console.log(
    `a turn of an agent, a ${SUMMARY_MS / 1000} s model in the background   ${figure(a)} ms, none ${figure(b)} ms, ` +
      `ratio ${figure(a / b)} (medians of ${took.none.length} turns), of pairs ${figure(pairs)}; ${folds} folds`,
  );
}
