import type { Decorate, FoldMode } from "@sessionfold/conformance";
import {
  type SessionService,
  type SummarizingSessionService,
  type WithSummariesOptions,
  withSummaries,
} from "@sessionfold/core";
import { wrap } from "./wrap.ts";

/** A way to fold with one defect. */
export interface BrokenFolding {
  readonly defect: string;
  readonly decorate: Decorate;
  /** When it folds by itself; absent: never. */
  readonly mode?: FoldMode;
}

/** The same with the rule that catches it, for rules that more than one defect breaks. */
export interface AlsoBrokenFolding extends BrokenFolding {
  readonly rule: string;
}

/** Folds as it should but for some methods. */
export function brokenFolding(
  defect: string,
  methods: (
    sessions: SummarizingSessionService,
    inner: SessionService,
    options: WithSummariesOptions,
  ) => Partial<SummarizingSessionService>,
): BrokenFolding {
  return {
    defect,
    decorate: (inner, options) => {
      const sessions = withSummaries(inner, options);
      return wrap(sessions, methods(sessions, inner, options));
    },
  };
}

/** Folds as it should, but by other options than it was given. */
export function deafFolding(
  defect: string,
  edit: (options: WithSummariesOptions) => WithSummariesOptions,
): BrokenFolding {
  return { defect, decorate: (inner, options) => withSummaries(inner, edit(options)) };
}
