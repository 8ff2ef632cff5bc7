import { validate, withSummaries } from "@sessionfold/core";
import { z } from "zod";
import { type Decorate, type FoldMode, withSummarizingKit } from "./kit/summarizing-kit.ts";
import { registerRules } from "./register-rules.ts";
import {
  type SessionServiceConformanceOptions,
  scaleNote,
  storeShape,
} from "./session-service-conformance.ts";
import { CHECKED_SUMMARIZING_RULES } from "./summarizing/summarizing-rules.ts";
import type { TestRunner } from "./test-runner.ts";

/** What is to be checked: a plain session service, which the suite makes fold. */
export interface SummarizingConformanceOptions extends SessionServiceConformanceOptions {
  /** When it folds by itself, as in `withSummaries`. Default "inline". */
  readonly mode?: FoldMode | undefined;
  /** Makes the plain service fold; all options must be heeded. Default: `withSummaries`. */
  readonly decorate?: Decorate | undefined;
}

const schema = z.strictObject({
  ...storeShape,
  // Which modes there are is for the decorator to say.
  mode: z.custom<FoldMode>((value) => typeof value === "string", { error: "the name of a mode" }).optional(),
  decorate: z.custom<Decorate>((value) => typeof value === "function", { error: "a function" }).optional(),
});

/**
 * Registers a test for each of `SUMMARIZING_RULES`: what must hold for a session service once it folds. `create` makes the
 * plain service.
 * @throws ConfigurationError for an option that is not what it must be, an exemption from an unknown rule or without a
 * reason, and a runner that lacks a function.
 */
export function summarizingConformance(runner: TestRunner, options: SummarizingConformanceOptions): void {
  const {
    name,
    exemptions = [],
    mode = "inline",
    decorate = withSummaries,
    ...store
  } = validate(schema, options) as SummarizingConformanceOptions;
  const title = `${name}, folding (${mode})${scaleNote(store.longLog)}`;
  registerRules(runner, title, CHECKED_SUMMARIZING_RULES, exemptions, (rule) =>
    withSummarizingKit(store, mode, decorate, (kit) => rule.check(kit)),
  );
}
