/**
 * The functions of a test runner: those of vitest, jest, mocha or node:test, whose `it` may stand in for `test`. Only
 * these two are used; what a rule expects it checks itself.
 */
export interface TestRunner {
  /** Groups tests; called with a function that registers them before it returns. */
  readonly describe: (name: string, register: () => void) => unknown;
  /** Registers a test, which fails where the promise rejects. */
  readonly test?: ((name: string, run: () => Promise<void>) => unknown) | undefined;
  /** The same by mocha's name. One of both must be there. */
  readonly it?: ((name: string, run: () => Promise<void>) => unknown) | undefined;
}
