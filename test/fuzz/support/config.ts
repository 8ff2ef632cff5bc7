import {
  conversationThreshold,
  eventCountThreshold,
  type KeepPolicy,
  type Strategy,
  type Trigger,
  timeIntervalThreshold,
  tokenThreshold,
} from "@sessionfold/core";
import fc from "fast-check";

/** Stores that processes share: they keep folds, grant leases, heed conditions and search. */
export type SharedKind = "sqlite file" | "sqlite memory" | "postgres";

/** Stores of the runs: the packages' own, and those that other people write. */
export type StoreKind =
  | "memory"
  | "memory as text"
  | "reads all"
  | "blob"
  | "replacing"
  | "live objects"
  | SharedKind;

/** When a decorator of a run folds by itself. */
export type TriggerChoice =
  | { readonly kind: "always" }
  | { readonly kind: "events" | "tokens" | "turns" | "seconds"; readonly at: number };

/** How a run is set up. */
export interface FuzzConfig {
  readonly store: StoreKind;
  readonly decorators: number;
  readonly mode: "background" | "inline" | "manual";
  readonly strategy: Strategy;
  readonly blockLimit: number;
  readonly keep: KeepPolicy;
  readonly trigger: TriggerChoice;
  readonly limit: "default" | "none" | "low";
  readonly cached: number;
  readonly folds: number;
  readonly waiting: number;
  readonly timeoutMs: number | null;
  readonly minGain: number;
  readonly breaker: boolean;
  readonly retry: boolean;
  readonly merged: boolean;
  /** Milliseconds for which a lease is granted. */
  readonly leaseMs: number;
}

/** Whether a store can be used by several decorators at once, and deletes single events. */
export function isOwn(store: StoreKind): boolean {
  return store !== "blob" && store !== "replacing" && store !== "live objects";
}

/** Policies that say what stays; a call may override them with another. */
export const KEEPS: readonly KeepPolicy[] = [
  { turns: 1 },
  { turns: 0 },
  { turns: 2 },
  { events: 2 },
  { events: 4, align: "round" },
  { tokens: 60 },
  { turns: 3, maxTokens: 80 },
];

/** Stores of a run unless others are asked for. */
const IN_MEMORY: readonly StoreKind[] = [
  "memory",
  "memory",
  "memory as text",
  "reads all",
  "blob",
  "replacing",
  "live objects",
];

/** Random setups over stores that processes share, more often than not with a memory that is too small for all sessions. */
export function sharedConfigs(...kinds: readonly SharedKind[]): fc.Arbitrary<FuzzConfig> {
  const own = {
    decorators: fc.constantFrom(1, 2, 2),
    cached: fc.constantFrom(1, 1, 100),
    leaseMs: fc.constantFrom(1000, 10_000, 30_000),
  };
  return fc.tuple(fuzzConfigs(kinds), fc.record(own)).map(([config, others]) => ({ ...config, ...others }));
}

/** Random setups. */
export function fuzzConfigs(stores: readonly StoreKind[] = IN_MEMORY): fc.Arbitrary<FuzzConfig> {
  const at = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max });
  return fc
    .record({
      store: fc.constantFrom(...stores),
      decorators: fc.constantFrom(1, 1, 2),
      mode: fc.constantFrom(
        "background" as const,
        "background" as const,
        "inline" as const,
        "manual" as const,
      ),
      strategy: fc.constantFrom<Strategy>("rolling", "rolling", "blocks", "independent", "whole"),
      blockLimit: at(2, 3),
      keep: fc.constantFrom(...KEEPS),
      trigger: fc.oneof(
        fc.constant<TriggerChoice>({ kind: "always" }),
        fc.record({ kind: fc.constant("events" as const), at: at(2, 8) }),
        fc.record({ kind: fc.constant("tokens" as const), at: at(20, 200) }),
        fc.record({ kind: fc.constant("turns" as const), at: at(1, 3) }),
        fc.record({ kind: fc.constant("seconds" as const), at: at(1, 5) }),
      ),
      limit: fc.constantFrom("default" as const, "none" as const, "low" as const),
      cached: fc.constantFrom(1, 100),
      folds: fc.constantFrom(1, 4),
      waiting: fc.constantFrom(1, 100),
      timeoutMs: fc.constantFrom(null, 3000, 120_000),
      minGain: fc.constantFrom(0, 0, 0.3),
      breaker: fc.boolean(),
      retry: fc.boolean(),
      merged: fc.nat({ max: 4 }).map((roll) => roll === 0),
    })
    .map((config) => ({
      ...config,
      decorators: isOwn(config.store) ? config.decorators : 1,
      leaseMs: LEASE_MS,
    }));
}

/** What nothing goes by where the store grants no leases. */
const LEASE_MS = 30_000;

/** The trigger that a choice stands for. */
export function triggerOf(choice: TriggerChoice): Trigger {
  switch (choice.kind) {
    case "always":
      return () => true;
    case "events":
      return eventCountThreshold(choice.at);
    case "tokens":
      return tokenThreshold(choice.at);
    case "turns":
      return conversationThreshold(choice.at);
    case "seconds":
      return timeIntervalThreshold(choice.at);
  }
}
