import { randomId } from "./ids.ts";

const LENGTH = 8;

/**
 * An id for the tags around a text, which the text cannot close since it does not contain it. `seed` is where it is
 * taken from, as long as it is long enough and not part of the text; else it is drawn at random.
 */
export function fenceId(seed: string, texts: readonly string[]): string {
  let id = seed.replaceAll("-", "");
  while (id.length < LENGTH || texts.some((text) => text.includes(id.slice(0, LENGTH))))
    id = randomId().replaceAll("-", "");
  return id.slice(0, LENGTH);
}
