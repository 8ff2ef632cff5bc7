import { z } from "zod";

/** How old large tool results are shortened in the window. */
export interface TrimToolResults {
  /** Characters (UTF-16 units) above which a result is shortened. Default 4,000. */
  readonly above?: number | undefined;
  /** So many of the latest tool rounds stay whole, at least. Default 3. */
  readonly keepRecent?: number | undefined;
  /** Names of tools whose results stay whole. */
  readonly except?: readonly string[] | undefined;
  /** Characters that stay at the beginning. Default 800. */
  readonly head?: number | undefined;
  /** Characters that stay at the end. Default 400. */
  readonly tail?: number | undefined;
}

const COUNT = "an integer >= 0";
const count = z.int({ error: COUNT }).min(0, { error: COUNT });

/** Checks the option `trimToolResults`. */
export const trimSchema: z.ZodType<TrimToolResults> = z.strictObject(
  {
    above: count.optional(),
    keepRecent: count.optional(),
    except: z.array(z.string({ error: "names of tools" }), { error: "a list of names of tools" }).optional(),
    head: count.optional(),
    tail: count.optional(),
  },
  { error: "an object with above, keepRecent, except, head or tail" },
);
