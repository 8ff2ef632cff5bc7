import type { World } from "../support/world.ts";
import { checkQuiet } from "./check-quiet.ts";

/** Lets all come to an end, and checks everything. */
export async function rest(world: World): Promise<void> {
  world.isSettling = true;
  await world.settle();
  await world.drive(checkQuiet(world));
  world.throwIfBroken();
  world.isSettling = false;
}
