import fc from "fast-check";
import { VirtualTime } from "../support/virtual-time.ts";
import { AgentWorld } from "./support/agent-world.ts";
import { type AgentFuzzConfig, agentConfigs } from "./support/config.ts";
import { type Act, programs } from "./support/program.ts";

/** Told of every run at its end: how often each thing was looked at. */
export type OnAgentRun = (counts: Readonly<Record<string, number>>) => void;

/** Acts of a run at most. */
const ACTS = 30;

/** Agents of `createAgent` over a checkpointer. */
export function graphRuns(onRun: OnAgentRun): fc.IAsyncProperty<[AgentFuzzConfig, readonly Act[]]> {
  return fc.asyncProperty(agentConfigs(), programs(ACTS), (config, acts) =>
    play(new AgentWorld(config, "graph", undefined), acts, onRun),
  );
}

/** The filter alone, in the smallest loop that calls it as an agent does: many more runs in the same time. */
export function filterRuns(onRun: OnAgentRun): fc.IAsyncProperty<[AgentFuzzConfig, readonly Act[]]> {
  return fc.asyncProperty(agentConfigs(), programs(ACTS), async (config, acts) => {
    const time = new VirtualTime();
    const putBack = time.install();
    try {
      await play(new AgentWorld(config, "plain", time), acts, onRun);
    } finally {
      putBack();
    }
  });
}

async function play(world: AgentWorld, acts: readonly Act[], onRun: OnAgentRun): Promise<void> {
  try {
    for (const [at, act] of acts.entries()) await world.act(act, at);
    await world.rest();
  } finally {
    onRun(world.books.counts);
  }
}
