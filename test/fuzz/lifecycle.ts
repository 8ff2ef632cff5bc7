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
  waits,
} from "./commands/lifecycle.ts";
import { marks } from "./commands/marks.ts";
import { reads } from "./commands/reads.ts";
import { type FuzzConfig, fuzzConfigs } from "./support/config.ts";
import { World } from "./support/world.ts";

/** What a run may do, the frequent first. */
function commandsOf(replayPath: string | undefined): fc.Arbitrary<Iterable<FuzzCommand>> {
  const weighted: readonly [number, fc.Arbitrary<FuzzCommand>][] = [
    [14, appends()],
    [5, turns()],
    [5, reads()],
    [5, summarizes()],
    [4, marks()],
    [3, behaviours()],
    [2, faults()],
    [2, prunes()],
    [2, waits()],
    [1, creates()],
    [1, deletes()],
    [1, restarts()],
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

/** Told of every run at its end: how often the store changed. */
export type OnRun = (steps: number) => void;

/** Callers at once: a scheduler says which of all waiting calls goes on. */
export function concurrentRuns(
  onRun: OnRun,
  replayPath?: string,
): fc.IAsyncProperty<[FuzzConfig, Iterable<FuzzCommand>, fc.Scheduler]> {
  return fc.asyncProperty(
    fuzzConfigs(),
    commandsOf(replayPath),
    fc.scheduler(),
    (config, commands, scheduler) =>
      play(config, scheduler, onRun, (world) =>
        fc.scheduledModelRun(scheduler, () => ({ model: world, real: world }), commands),
      ),
  );
}

/** One caller, who waits for the end of everything after each step. */
export function sequentialRuns(
  onRun: OnRun,
  replayPath?: string,
): fc.IAsyncProperty<[FuzzConfig, Iterable<FuzzCommand>]> {
  return fc.asyncProperty(fuzzConfigs(), commandsOf(replayPath), (config, commands) =>
    play(config, undefined, onRun, (world) =>
      fc.asyncModelRun(() => ({ model: world, real: world }), commands),
    ),
  );
}

async function play(
  config: FuzzConfig,
  scheduler: fc.Scheduler | undefined,
  onRun: OnRun,
  run: (world: World) => Promise<void>,
): Promise<void> {
  const world = new World(config, scheduler);
  const putBack = world.time.install();
  try {
    await world.drive(Promise.all([create(world, 0, 0), create(world, 0, 1)]));
    await run(world);
    await rest(world);
  } finally {
    putBack();
    onRun(world.steps);
  }
}
