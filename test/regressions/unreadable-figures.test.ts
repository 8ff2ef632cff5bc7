import {
  type SummarizerResult,
  type SummarizingSessionService,
  type Trigger,
  tokenThreshold,
  type WithSummariesOptions,
} from "@sessionfold/core";
import { describe, expect, test } from "vitest";
import { a, u } from "../support/events.ts";
import { summarized, turns } from "../support/folds.ts";
import { failure } from "../support/outcomes.ts";
import { appendAll, decorated, KEY } from "../support/sessions.ts";
import { stubSummarizer } from "../support/stub-summarizer.ts";

const options = { mode: "manual", keep: { turns: 0 }, tokenCounter: (text: string) => text.length } as const;
const quiet = { warn: (): void => {} };

function usage(given: unknown): WithSummariesOptions {
  return { summarizer: stubSummarizer(() => ({ text: "S", usage: given }) as SummarizerResult) };
}

function trigger(answer: unknown): WithSummariesOptions {
  return { trigger: (() => answer) as Trigger };
}

describe("a figure or a message that nobody could read fails before anything is committed", () => {
  test.each<[string, WithSummariesOptions, boolean, string, string]>([
    ["usage in part", usage({ inputTokens: 3 }), true, "summarizer-failed", "usage.outputTokens"],
    [
      "usage that is NaN",
      usage({ inputTokens: Number.NaN, outputTokens: 1, totalTokens: 1 }),
      true,
      "summarizer-failed",
      "usage.inputTokens",
    ],
    ["usage that is text", usage("many"), true, "summarizer-failed", "usage"],
    ["a token counter's NaN", { tokenCounter: () => Number.NaN }, true, "keep-failed", "tokenCounter"],
    ["a token counter's -1", { tokenCounter: () => -1 }, true, "keep-failed", "tokenCounter"],
    [
      "a token counter's NaN for the trigger",
      { tokenCounter: () => Number.NaN, trigger: tokenThreshold(1) },
      false,
      "trigger-failed",
      "tokenCounter",
    ],
    ["a trigger's { name: 7 }", trigger({ name: 7 }), false, "trigger-failed", "fired"],
    ["a trigger's {}", trigger({}), false, "trigger-failed", "fired"],
    ["a trigger's { fired: 'yes' }", trigger({ fired: "yes" }), false, "trigger-failed", "fired"],
    [
      "a format's blank",
      { summaryMessage: { format: () => " " } },
      true,
      "summarizer-failed",
      "summaryMessage.format",
    ],
    [
      "a format's undefined",
      { summaryMessage: { format: () => undefined as unknown as string } },
      true,
      "summarizer-failed",
      "summaryMessage.format",
    ],
    [
      "a format that throws",
      {
        summaryMessage: {
          format: () => {
            throw new Error("boom");
          },
        },
      },
      true,
      "summarizer-failed",
      "summaryMessage.format",
    ],
  ])("%s", async (_, given, force, code, field) => {
    const summarizer = stubSummarizer();
    const { sessions, session } = await decorated({ ...options, summarizer, logger: quiet, ...given });
    await appendAll(sessions, session, turns(2));
    const before = await state(sessions);
    const error = failure(await sessions.summarize(KEY, { force }));
    expect(error.code).toBe(code);
    expect(error.message).toContain(field);
    expect(await state(sessions)).toEqual(before);
  });

  async function state(sessions: SummarizingSessionService): Promise<unknown> {
    const full = (await sessions.getSession({ ...KEY, view: "full" }))?.events ?? [];
    const window = (await sessions.getSession(KEY))?.events ?? [];
    return [full.map(({ id }) => id), window.map(({ id }) => id), await sessions.listSummaries(KEY)];
  }
});

test("a trigger that only says fired keeps its function's name, also beside a name that is none", async () => {
  for (const answer of [{ fired: true }, { fired: true, name: 7 }]) {
    function dueAtNoon(): { fired: boolean } {
      return answer;
    }
    const { sessions, session } = await decorated({
      ...options,
      trigger: dueAtNoon as unknown as Trigger,
      summarizer: stubSummarizer(),
    });
    await appendAll(sessions, session, turns(1));
    const { summary, explanation } = summarized(await sessions.summarize(KEY));
    expect(summary.trigger).toBe("dueAtNoon");
    expect(explanation?.name).toBe("dueAtNoon");
    expect((await sessions.listSummaries(KEY)).map(({ id }) => id)).toEqual([summary.id]);
  }
});

describe("the figures of a fold are those of the window that it leaves", () => {
  test.each([
    ["pinned", "pin", ["u0", "a0"]],
    ["skipped", "skip", ["u0"]],
  ] as const)("events %s while the model writes", async (_, mark, ids) => {
    const summarizer = stubSummarizer(async () => {
      await sessions.mark(KEY, { [mark]: ids });
      return "S";
    });
    const { sessions, session } = await decorated({ ...options, summarizer });
    await appendAll(sessions, session, [
      u("q", { id: "u0" }),
      a("b", { id: "a0" }),
      u("q", { id: "u1" }),
      a("b", { id: "a1" }),
    ]);
    await checkFigures(sessions);
  });

  test("whole, one fold after the other, with an event that was pinned in between", async () => {
    const { sessions, session } = await decorated({
      ...options,
      strategy: "whole",
      summarizer: stubSummarizer(),
    });
    await appendAll(sessions, session, [u("one", { id: "u0" }), ...turns(2)]);
    await checkFigures(sessions);
    await sessions.mark(KEY, { pin: "u0" });
    await appendAll(sessions, session, turns(2, 2));
    await checkFigures(sessions);
    await appendAll(sessions, session, turns(2, 4));
    await checkFigures(sessions);
  });

  async function checkFigures(sessions: SummarizingSessionService): Promise<void> {
    const outcome = summarized(await sessions.summarize(KEY, { force: true }));
    const window = (await sessions.getSession(KEY))?.events ?? [];
    expect(outcome.summary.compressedEventCount).toBe(window.length);
    expect(outcome.after.events).toBe(window.length);
    expect(outcome.window.map(({ id }) => id)).toEqual(window.map(({ id }) => id));
    expect(outcome.after.tokens).toBe(
      window.reduce((sum, { message }) => sum + (message?.text.length ?? 0), 0),
    );
  }
});
