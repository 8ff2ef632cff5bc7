import type { KeepPolicy, Strategy } from "@sessionfold/core";
import fc from "fast-check";
import { KEEPS, type TriggerChoice } from "../../support/config.ts";

/** How the agents of a run are set up. */
export interface AgentFuzzConfig {
  /** One agent, or two that take turns in the same threads. */
  readonly agents: 1 | 2;
  /** What the filter of each agent folds. */
  readonly scopes: readonly ["thread" | "agent", "thread" | "agent"];
  /** Whether answers carry the name of their agent, as `createAgent` writes it. */
  readonly named: boolean;
  readonly trigger: TriggerChoice;
  readonly keep: KeepPolicy;
  readonly strategy: Strategy;
  readonly blockLimit: number;
  readonly minEvents: number;
  readonly minGain: number;
  readonly role: "user" | "system" | "merged";
  readonly maxCachedThreads: number;
  /** Whether a call waits for its fold, or a later one finds what was folded meanwhile. */
  readonly mode: "inline" | "background";
  /** In the background: when a call waits for the fold all the same. */
  readonly limit: "none" | "low" | "default";
  /** What happens once nothing goes on without a fold that is under way. */
  readonly stuck: "folds end" | "time passes";
  readonly maxConcurrentFolds: number;
  /** What another middleware around the filter does with its handler. */
  readonly outer: "calls once" | "calls twice" | "calls twice at once" | "retries";
  /** Whether the store hands out the objects it was given, or makes new ones of their text. */
  readonly stored: "objects" | "text";
  /** Whether each round has its own call ids, or those of a turn before come again. */
  readonly callIds: "unique" | "repeated";
  /** Whether both threads begin with the very same message. */
  readonly sharedOpening: boolean;
}

/** Random setups. */
export function agentConfigs(): fc.Arbitrary<AgentFuzzConfig> {
  const at = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max });
  const scope = fc.constantFrom("thread" as const, "agent" as const);
  return fc.record({
    agents: fc.constantFrom(1 as const, 1 as const, 2 as const),
    scopes: fc.tuple(scope, scope),
    named: fc.boolean(),
    trigger: fc.oneof(
      fc.constant<TriggerChoice>({ kind: "always" }),
      fc.record({ kind: fc.constant("events" as const), at: at(3, 10) }),
      fc.record({ kind: fc.constant("tokens" as const), at: at(60, 400) }),
      fc.record({ kind: fc.constant("turns" as const), at: at(1, 3) }),
    ),
    keep: fc.constantFrom<KeepPolicy>(...KEEPS, (events) => Math.min(3, events.length)),
    strategy: fc.constantFrom<Strategy>("rolling", "rolling", "blocks", "independent", "whole"),
    blockLimit: at(2, 3),
    minEvents: at(1, 3),
    minGain: fc.constantFrom(0, 0, 0.25),
    role: fc.constantFrom("user" as const, "user" as const, "system" as const, "merged" as const),
    maxCachedThreads: fc.constantFrom(1, 100, 100),
    mode: fc.constantFrom("inline" as const, "background" as const),
    limit: fc.constantFrom("none" as const, "low" as const, "default" as const),
    stuck: fc.constantFrom("folds end" as const, "time passes" as const),
    maxConcurrentFolds: fc.constantFrom(1, 4),
    outer: fc.constantFrom(
      "calls once" as const,
      "calls once" as const,
      "calls twice" as const,
      "calls twice at once" as const,
      "retries" as const,
    ),
    stored: fc.constantFrom("objects" as const, "text" as const),
    callIds: fc.constantFrom("unique" as const, "repeated" as const),
    sharedOpening: fc.constantFrom(false, false, true),
  });
}
