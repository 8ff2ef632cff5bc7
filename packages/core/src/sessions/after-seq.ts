import { ConfigurationError } from "../shared/errors.ts";
import { describe } from "../shared/validate.ts";

/**
 * The position behind which a read begins; without one, before all of them. What no position can be compared with is
 * refused: taken for a number, it would hide entries from who asked, or show those that were read before.
 * @throws ConfigurationError
 */
export function checkedAfterSeq(afterSeq: unknown): number {
  if (afterSeq === undefined) return Number.NEGATIVE_INFINITY;
  if (typeof afterSeq === "number" && !Number.isNaN(afterSeq)) return afterSeq;
  throw new ConfigurationError(`Expected \`afterSeq\` to be a number, got ${describe(afterSeq)}`);
}
