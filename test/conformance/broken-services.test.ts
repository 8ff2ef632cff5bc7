import {
  ConformanceFailure,
  SESSION_SERVICE_RULES,
  SUMMARIZING_RULES,
  sessionServiceConformance,
  summarizingConformance,
} from "@sessionfold/conformance";
import { InMemorySessionService } from "@sessionfold/core";
import { describe, expect, test } from "vitest";
import { BROKEN_FOLDING, BROKEN_SERVICES } from "./broken-services.ts";
import { collect } from "./collect.ts";

const ids = (rules: typeof SESSION_SERVICE_RULES) => rules.map(({ id }) => id).toSorted();

test("every rule has a service that breaks it, and no rule is there twice", () => {
  expect(Object.keys(BROKEN_SERVICES).toSorted()).toEqual(ids(SESSION_SERVICE_RULES));
  expect(Object.keys(BROKEN_FOLDING).toSorted()).toEqual(ids(SUMMARIZING_RULES));
});

describe("a broken session service is caught by its rule", () => {
  test.each(Object.entries(BROKEN_SERVICES))("%s", async (rule, { defect, ...store }) => {
    const tests = collect((runner) => sessionServiceConformance(runner, { name: defect, ...store }));
    await expect(tests.get(rule)?.(), defect).rejects.toThrow(ConformanceFailure);
  });
});

describe("broken folding is caught by its rule", () => {
  test.each(Object.entries(BROKEN_FOLDING))("%s", async (rule, { defect, decorate }) => {
    const tests = collect((runner) =>
      summarizingConformance(runner, {
        name: defect,
        mode: "manual",
        create: () => new InMemorySessionService(),
        decorate,
      }),
    );
    await expect(tests.get(rule)?.(), defect).rejects.toThrow(ConformanceFailure);
  });
});
