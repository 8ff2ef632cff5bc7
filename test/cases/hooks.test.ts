import {
  type AfterSummarizeEdit,
  presets,
  SessionSummarizer,
  type SummarizeHooks,
  type WithSummariesOptions,
} from "@sessionfold/core";
import { expect, test } from "vitest";
import { numbered } from "../support/events.ts";
import { fenced } from "../support/fenced.ts";
import { summarized, turns } from "../support/folds.ts";
import { type ModelSession, modelSession, playing } from "../support/model-session.ts";
import { failure, skippedBecause } from "../support/outcomes.ts";
import { appendAll, KEY } from "../support/sessions.ts";

const force = { force: true } as const;
const boom = (): never => {
  throw new Error("boom");
};

/** The defaults, and the preset of an original. */
const WAYS: readonly WithSummariesOptions[] = [{ keep: { turns: 1 } }, presets.trpcAgent({ keepEvents: 2 })];

test("GOX-07: the pre-hook's text is what the model reads", async () => {
  for (const options of WAYS) {
    const server = await playing(["Written."]);
    const hooks: SummarizeHooks = {
      before: async ({ text }) => ({ text: text.replaceAll("question", "Q") }),
    };
    const { sessions } = await modelSession({ ...options, model: server.chat(), hooks });
    summarized(await sessions.summarize(KEY, force));
    const read = fenced(server.said("user"), "new_part_of_the_conversation");
    expect(read).toBe("user: Q 0\nagent: answer 0\nuser: Q 1\nagent: answer 1\nuser: Q 2\nagent: answer 2");
  }
});

test.each([
  ["throws", boom],
  ["rejects", () => Promise.reject(new Error("boom"))],
  ["returns what is no edit", (() => 5) as unknown as () => undefined],
  ["returns a text that is none", (() => ({ text: 5 })) as unknown as () => undefined],
  ["returns events that are none", (() => ({ events: "all" })) as unknown as () => undefined],
  ["returns an event that is none", (() => ({ events: [5] })) as unknown as () => undefined],
])(
  "GOX-07: a pre-hook that %s fails the fold with abort, and without it the model reads the original",
  async (_, before) => {
    for (const options of WAYS) {
      const server = await playing(["Written."]);
      const model = server.chat();
      // To fail is the default: a hook that redacts must not fail open.
      for (const hooks of [{ before }, { before, onError: "fail" }] as const) {
        const { sessions, expectUntouched } = await modelSession({ ...options, model, hooks });
        const error = failure(await sessions.summarize(KEY, force));
        expect(error.code).toBe("hook-failed");
        expect(error.message).toContain("pre-summary hook failed");
        expect(error.message).not.toContain("boom");
        await expectUntouched();
      }
      expect(server.requests).toHaveLength(0);

      const open = await modelSession({ ...options, model, hooks: { before, onError: "continue" } });
      summarized(await open.sessions.summarize(KEY, force));
      expect(server.said("user")).toContain("user: question 0\nagent: answer 0\n");
    }
  },
);

test("GOX-09: the post-hook's text replaces the summary", async () => {
  for (const options of WAYS) {
    const server = await playing(["Written."]);
    const hooks: SummarizeHooks = { after: async ({ text }) => ({ text: `${text} Checked.` }) };
    const { sessions } = await modelSession({ ...options, model: server.chat(), hooks });
    summarized(await sessions.summarize(KEY, force));
    const [summary] = (await sessions.getSession(KEY))?.events ?? [];
    expect(summary?.message?.text).toContain("Written. Checked.");
    expect((await sessions.getSummary(KEY))?.text).toBe("Written. Checked.");
    // The next fold builds on what the hook left.
    await appendAll(sessions, await created(sessions), turns(3, 4));
    summarized(await sessions.summarize(KEY, force));
    expect(fenced(server.said("user"), "memory_so_far")).toBe("Written. Checked.");
  }
});

const created = async (sessions: ModelSession["sessions"]) => {
  const session = await sessions.getSession(KEY);
  if (session === null) throw new Error("No session");
  return session;
};

test.each<[string, () => unknown, string]>([
  ["throws", boom, "hook-failed"],
  ["rejects", () => Promise.reject(new Error("boom")), "hook-failed"],
  ["returns what is no edit", () => "text", "hook-failed"],
  ["returns a text that is none", () => ({ text: 5 }), "hook-failed"],
  ["returns blanks", () => ({ text: " \n " }), "hook-failed"],
  ["returns more than the source", () => ({ text: "x".repeat(900) }), "hook-failed"],
  ["returns metadata that is none", () => ({ metadata: 5 }), "hook-failed"],
  ["vetoes", () => ({ veto: true }), "vetoed"],
])("GOX-09: a post-hook that %s leaves the old boundary", async (_, after, code) => {
  for (const options of WAYS) {
    const server = await playing(["First.", "Second.", "Third."]);
    let fails = false;
    const hooks: SummarizeHooks = {
      after: () => (fails ? (after() as AfterSummarizeEdit) : undefined),
    };
    const { sessions, session } = await modelSession({ ...options, model: server.chat(), hooks });
    const first = summarized(await sessions.summarize(KEY, force)).summary;
    await appendAll(
      sessions,
      session,
      numbered(turns(3, 4)).map((event) => ({ ...event, id: `f${event.id}` })),
    );
    const before = await sessions.getSession(KEY);
    const full = await sessions.getSession({ ...KEY, view: "full" });

    fails = true;
    const outcome = await sessions.summarize(KEY, force);
    if (code === "vetoed") expect(skippedBecause(outcome)).toBe("vetoed");
    else {
      const error = failure(outcome);
      expect(error.code).toBe(code);
      expect(error.message).toContain("post-summary hook failed");
    }
    expect(server.requests).toHaveLength(2);
    expect(await sessions.getSession(KEY)).toEqual(before);
    expect(await sessions.getSession({ ...KEY, view: "full" })).toEqual(full);
    expect((await sessions.getSummary(KEY))?.coverage).toEqual(first.coverage);

    // The next one covers what the failed one would have.
    fails = false;
    const { summary } = summarized(await sessions.summarize(KEY, force));
    expect(summary.coverage.direct).toHaveLength(6);
    expect(summary.coverage.replaces).toEqual([first.id]);
    expect(summary.text).toBe("Third.");
  }
});

test("GOX-09: a post-hook that fails open leaves the model's summary", async () => {
  const server = await playing(["Written."]);
  const hooks: SummarizeHooks = { after: boom, onError: "continue" };
  const sut = new SessionSummarizer({ model: server.chat(), keep: { turns: 1 }, hooks });
  expect(summarized(await sut.summarizeEvents(turns(4), force)).summary.text).toBe("Written.");
});
