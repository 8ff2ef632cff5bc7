import type { TestRunner } from "@sessionfold/conformance";

/** The tests that a suite registers, by the ids of their rules, none of them run. */
export function collect(register: (runner: TestRunner) => void): ReadonlyMap<string, () => Promise<void>> {
  const tests = new Map<string, () => Promise<void>>();
  register({
    describe: (_, body) => body(),
    test: (name, run) => tests.set(name.split(":")[0] ?? "", run),
  });
  return tests;
}
