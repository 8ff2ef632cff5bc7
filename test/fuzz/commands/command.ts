import type { AsyncCommand } from "fast-check";
import { rest } from "../checks/rest.ts";
import type { World } from "../support/world.ts";

/** The model of a run is the world's own books: what was acknowledged, and what the store held when. */
export type FuzzCommand = AsyncCommand<World, World>;

/** A command of a run: it begins something and goes on. What it did is checked at every change of the store and at rest. */
export function command(name: string, run: (world: World) => Promise<unknown> | undefined): FuzzCommand {
  return {
    check: () => true,
    run: async (_, world) => {
      world.throwIfBroken();
      const call = run(world);
      if (name === "rest") await call;
      // Without a scheduler each command is followed to its end.
      else if (world.scheduler === undefined) await rest(world);
      world.throwIfBroken();
    },
    toString: () => name,
  };
}
