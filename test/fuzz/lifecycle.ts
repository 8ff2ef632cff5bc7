import fc from "fast-check";
import { rest } from "./checks/rest.ts";
import { appends, turns } from "./commands/appends.ts";
import type { FuzzCommand } from "./commands/command.ts";
import { behaviours, summarizes } from "./commands/folds.ts";
import {
  create,
  creates,
  deletes,
  faults,
  flushes,
  prunes,
  restarts,
  rests,
  SHARED_FAULTS,
  waits,
} from "./commands/lifecycle.ts";
import { marks } from "./commands/marks.ts";
import { reads } from "./commands/reads.ts";
import { type FuzzConfig, fuzzConfigs, type SharedKind, sharedConfigs } from "./support/config.ts";
import type { OpenShared } from "./support/shared-stores.ts";
import { KEYS, World } from "./support/world.ts";

/** What a run may do, the frequent first. */
function commandsOf(
  replayPath: string | undefined,
  open: OpenShared | undefined,
): fc.Arbitrary<Iterable<FuzzCommand>> {
  const isShared = open !== undefined;
  const weighted: readonly [number, fc.Arbitrary<FuzzCommand>][] = [
    [14, appends()],
    // Little is kept of a fold that does not come about.
    [isShared ? 14 : 5, turns()],
    [5, reads()],
    [isShared ? 7 : 5, summarizes()],
    [4, marks()],
    [3, behaviours()],
    [2, isShared ? faults(SHARED_FAULTS) : faults()],
    [2, prunes()],
    [2, waits()],
    [1, creates()],
    [1, deletes()],
    // What a process knows that begins anew is what such a store keeps.
    [isShared ? 5 : 1, restarts()],
    [1, flushes()],
    [1, rests()],
  ];
  // `commands` draws evenly from its list.
  const list = weighted.flatMap(([weight, each]) => Array.from({ length: weight }, () => each));
  return fc.commands(list, {
    maxCommands: 45,
    size: "max",
    ...(replayPath !== undefined && { replayPath }),
  });
}

/** Told of every run at its end: how often the store changed, and how often a kept fold was gone on from. */
export type OnRun = (steps: number, resumed: number) => void;

/** Stores that processes share. */
export interface SharedRuns {
  readonly kinds: readonly SharedKind[];
  readonly open: OpenShared;
}

/** Callers at once: a scheduler says which of all waiting calls goes on. */
export function concurrentRuns(
  onRun: OnRun,
  replayPath?: string,
  shared?: SharedRuns,
): fc.IAsyncProperty<[FuzzConfig, Iterable<FuzzCommand>, fc.Scheduler]> {
  return fc.asyncProperty(
    configsOf(shared),
    commandsOf(replayPath, shared?.open),
    fc.scheduler(),
    (config, commands, scheduler) =>
      play(config, scheduler, onRun, shared?.open, (world) =>
        fc.scheduledModelRun(scheduler, () => ({ model: world, real: world }), commands),
      ),
  );
}

/** One caller, who waits for the end of everything after each step. */
export function sequentialRuns(
  onRun: OnRun,
  replayPath?: string,
  shared?: SharedRuns,
): fc.IAsyncProperty<[FuzzConfig, Iterable<FuzzCommand>]> {
  return fc.asyncProperty(configsOf(shared), commandsOf(replayPath, shared?.open), (config, commands) =>
    play(config, undefined, onRun, shared?.open, (world) =>
      fc.asyncModelRun(() => ({ model: world, real: world }), commands),
    ),
  );
}

function configsOf(shared: SharedRuns | undefined): fc.Arbitrary<FuzzConfig> {
  return shared === undefined ? fuzzConfigs() : sharedConfigs(...shared.kinds);
}

async function play(
  config: FuzzConfig,
  scheduler: fc.Scheduler | undefined,
  onRun: OnRun,
  open: OpenShared | undefined,
  run: (world: World) => Promise<void>,
): Promise<void> {
  const storage = await open?.(config.store as SharedKind, KEYS);
  const world = new World(config, scheduler, storage);
  const putBack = world.time.install();
  try {
    await world.drive(Promise.all([create(world, 0, 0), create(world, 0, 1)]));
    await run(world);
    await rest(world);
  } finally {
    await world.storage.close();
    putBack();
    await storage?.close();
    onRun(world.steps, world.resumed);
  }
}
