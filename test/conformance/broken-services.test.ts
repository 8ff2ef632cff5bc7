import {
  ConformanceFailure,
  SESSION_SERVICE_RULES,
  SUMMARIZING_RULES,
  sessionServiceConformance,
  summarizingConformance,
} from "@sessionfold/conformance";
import { InMemorySessionService } from "@sessionfold/core";
import { describe, expect, test } from "vitest";
import { ALSO_BROKEN, ALSO_BROKEN_FOLDING, BROKEN_FOLDING, BROKEN_SERVICES } from "./broken-services.ts";
import { collect } from "./collect.ts";

const ids = (rules: typeof SESSION_SERVICE_RULES) => rules.map(({ id }) => id).toSorted();

test("every rule has a service that breaks it, and no rule is there twice", () => {
  expect(Object.keys(BROKEN_SERVICES).toSorted()).toEqual(ids(SESSION_SERVICE_RULES));
  expect(Object.keys(BROKEN_FOLDING).toSorted()).toEqual(ids(SUMMARIZING_RULES));
});

const services = [
  ...Object.entries(BROKEN_SERVICES).map(([rule, broken]) => ({ rule, ...broken })),
  ...ALSO_BROKEN,
];
const folding = [
  ...Object.entries(BROKEN_FOLDING).map(([rule, broken]) => ({ rule, ...broken })),
  ...ALSO_BROKEN_FOLDING,
];

describe("a broken session service is caught by its rule", () => {
  test.each(services)("$rule: $defect", async ({ rule, defect, ...store }) => {
    const tests = collect((runner) => sessionServiceConformance(runner, { name: defect, ...store }));
    await expect(tests.get(rule)?.(), defect).rejects.toThrow(ConformanceFailure);
  });
});

// At once: some of the rules wait for a run to give up.
describe.concurrent("broken folding is caught by its rule", () => {
  test.each(folding)("$rule: $defect", async ({ rule, defect, decorate, mode = "manual" }) => {
    const tests = collect((runner) =>
      summarizingConformance(runner, {
        name: defect,
        mode,
        create: () => new InMemorySessionService(),
        decorate,
      }),
    );
    await expect(tests.get(rule)?.(), defect).rejects.toThrow(ConformanceFailure);
  });
});
