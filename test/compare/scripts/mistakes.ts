import type { Script } from "../figure.ts";
import { inWorld } from "../world.ts";

export const mistakes: Script = {
  title: "Mistakes in the options",
  what: "An empty list of triggers, a negative number to keep, a misspelled option, a prompt without the place for the chat: each would fail silently later. Does the library refuse it when the middleware is made?",
  figures: [{ name: "mistakes that are refused (of 4)", better: "more" }],
  play: (contestant) =>
    inWorld(contestant, {}, async (world) => {
      const tries = contestant.mistakes(world.setup());
      if (tries.length !== 4) throw new Error(`Expected 4 mistakes, got ${tries.length}`);
      const refused = tries.filter((make) => {
        try {
          make();
          return false;
        } catch {
          return true;
        }
      });
      return { "mistakes that are refused (of 4)": refused.length };
    }),
};
