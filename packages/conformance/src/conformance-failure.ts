import { SessionfoldError } from "@sessionfold/core";

/** A rule does not hold. The message says what was expected and what came; all of it is data of the suite's own. */
export class ConformanceFailure extends SessionfoldError {
  constructor(message: string, options?: { cause?: unknown }) {
    super("conformance", message, options);
  }
}
