import {
  type BeforeSummarizeEdit,
  InMemorySessionService,
  type SessionEvent,
  SessionSummarizer,
  type SessionSummarizerOptions,
  SummarizeError,
  type SummarizeHooks,
  type Summarizer,
  withSummaries,
} from "@sessionfold/core";
import { describe, expect, test } from "vitest";
import { u } from "../support/events.ts";
import { explanationOf, summarized, turns } from "../support/folds.ts";
import * as play from "../support/model-server.ts";
import { modelSession, playing } from "../support/model-session.ts";
import { failure, skippedBecause } from "../support/outcomes.ts";
import { appendAll, decorated, KEY } from "../support/sessions.ts";
import { stubSummarizer } from "../support/stub-summarizer.ts";

const force = { force: true } as const;

/** Hands in what the types forbid, as untyped callers do. */
function wrong<T>(value: unknown): T {
  return value as T;
}

describe("what a hook returns that is no edit is an error of the hook", () => {
  const both: BeforeSummarizeEdit = { text: "A text.", events: [u("An event.")] };
  const cases: [string, SummarizeHooks, string][] = [
    ["a veto that is a text", { after: () => wrong({ veto: "yes" }) }, "veto"],
    ["a veto that is a number", { after: () => wrong({ veto: 1 }) }, "veto"],
    ["a field after that nobody knows", { after: () => wrong({ txt: "Edited." }) }, "txt"],
    ["a list as metadata", { after: () => wrong({ metadata: ["a"] }) }, "metadata"],
    ["an empty text after", { after: () => ({ text: "" }) }, "empty-summary"],
    ["a blank text after", { after: () => ({ text: " \n " }) }, "empty-summary"],
    ["a text that is too long", { after: () => ({ text: "too long ".repeat(90) }) }, "summary-too-long"],
    ["events and a text", { before: () => both }, "both"],
    ["a field before that nobody knows", { before: () => wrong({ evnts: [] }) }, "evnts"],
  ];

  test.each(cases)("%s", async (_, hooks, told) => {
    const server = await playing(["Written."]);
    const { sessions, expectUntouched } = await modelSession({ model: server.chat(), hooks });
    const error = failure(await sessions.summarize(KEY, force));
    expect(error).toMatchObject({ code: "hook-failed", message: expect.stringContaining(told) });
    await expectUntouched();
  });

  test.each(cases)('%s; with onError: "continue" it is as if there were no hook', async (_, hooks) => {
    const server = await playing(["Written."]);
    const warnings: string[] = [];
    const { sessions } = await modelSession({
      model: server.chat(),
      hooks: { ...hooks, onError: "continue" },
      logger: { warn: (message) => warnings.push(message) },
    });
    const { summary } = summarized(await sessions.summarize(KEY, force));
    expect(summary).toMatchObject({ text: "Written.", metadata: {} });
    expect(server.said("user")).toContain("answer 1");
    expect(warnings).toEqual([
      expect.stringMatching(
        new RegExp(
          `^sessionfold: the (pre|post)-summary hook failed \\(\\w+\\) and was passed over for session ${KEY.sessionId}$`,
        ),
      ),
    ]);
  });

  test("an edit that fails leaves none of itself", async () => {
    const hooks: SummarizeHooks = {
      after: () => ({ text: " ", metadata: { of: "hook" } }),
      onError: "continue",
    };
    const { sessions } = await modelSession({ summarizer: stubSummarizer("Written."), hooks });
    expect(summarized(await sessions.summarize(KEY, force)).summary.metadata).toEqual({});
  });

  test("a redaction that fails at an edit fails closed", async () => {
    const hooks: SummarizeHooks = { after: () => ({ text: "Edited." }), onError: "continue" };
    const redact = (text: string): string => {
      if (text === "Edited.") throw new Error("no");
      return text;
    };
    const { sessions, expectUntouched } = await modelSession({
      summarizer: stubSummarizer("Written."),
      hooks,
      redact,
    });
    expect(failure(await sessions.summarize(KEY, force)).code).toBe("summarizer-failed");
    await expectUntouched();
  });
});

describe("a summarizer of one's own has events of its own", () => {
  /** Does to its request what it can, and tells what its texts were. */
  function wrecker(seen: string[], fails: boolean): Summarizer {
    return {
      name: "wrecker",
      model: null,
      summarize: async ({ events, history, blocks, previous }) => {
        for (const event of [...events, ...(history() ?? [])] as unknown as Record<string, unknown>[]) {
          const message = event.message as { content: unknown; tool_calls?: { args: unknown }[] };
          seen.push(String(message.content));
          message.content = "wrecked";
          for (const call of message.tool_calls ?? []) call.args = "wrecked";
          Object.assign(event.actions as object, { pinned: true });
          event.author = "wrecked";
        }
        for (const list of [events, blocks, previous]) (list as unknown[]).length = 0;
        if (fails) throw new Error("busy");
        return { text: "Short." };
      },
    };
  }

  test.each([true, false])(
    "what it does to them reaches no session, whether it fails (%s)",
    async (fails) => {
      const seen: string[] = [];
      const { sessions, session } = await modelSession({ summarizer: wrecker(seen, fails), retry: false });
      const told = async () => {
        const { id } = (await sessions.getSummary(KEY)) ?? {};
        // The window is of the log as it is known here; what follows reads all of the store again.
        const lists = [
          (await sessions.getSession(KEY))?.events ?? [],
          id === undefined ? [] : await sessions.unfold(KEY, id),
          (await sessions.getSession({ ...KEY, view: "full" }))?.events ?? [],
        ];
        return lists.map((events) =>
          events
            .filter(({ actions }) => actions.summary === undefined)
            .map(({ author, actions, message }) => [author, actions, message?.content, message?.lc_kwargs]),
        );
      };
      const [windowBefore, , before] = await told();
      await sessions.summarize(KEY, force);
      const [window, unfolded, after] = await told();
      expect([...(unfolded ?? []), ...(window ?? [])]).toEqual(windowBefore);
      expect(after).toEqual(before);
      await appendAll(sessions, session, turns(3, 5));
      const [, , grown] = await told();
      await sessions.summarize(KEY, force);
      expect((await told())[2]).toEqual(grown);
      expect(seen.length).toBeGreaterThan(6);
      expect(seen).not.toContain("wrecked");
    },
  );

  test("nor the one behind it", async () => {
    const fallback = stubSummarizer("By the fallback.");
    const { sessions } = await modelSession({ summarizer: wrecker([], true), fallback, retry: false });
    const { summary } = summarized(await sessions.summarize(KEY, force));
    expect(summary.text).toBe("By the fallback.");
    expect(fallback.requests[0]?.events.map(({ author }) => author)).toEqual(
      Array.from({ length: 3 }, () => ["user", "agent"]).flat(),
    );
  });
});

test("the error of a failure says whether it may pass, by its type as well", async () => {
  const server = await playing([play.badRequest()]);
  const { sessions } = await modelSession({ model: server.chat(), retry: false });
  const outcome = await sessions.summarize(KEY, force);
  if (outcome.kind !== "failed") throw new Error(outcome.kind);
  const error: SummarizeError = outcome.error;
  expect([error.transient, error.sessionId]).toEqual([false, KEY.sessionId]);
});

test.each([1, 2, 3, 5, 8, 13, 21, 34])("also where a token counter goes wrong at its call %i", async (at) => {
  let calls = 0;
  const count = (text: string): number => (++calls >= at ? Number.NaN : text.length);
  const outcome = await new SessionSummarizer({
    summarizer: stubSummarizer("."),
    keep: { turns: 1 },
    trigger: () => true,
    tokenCounter: count,
  }).summarizeEvents(turns(3));
  if (outcome.kind === "failed") expect(outcome.error).toBeInstanceOf(SummarizeError);
  else expect(calls).toBeLessThan(at);
});

describe("a store that does not answer", () => {
  /** A store that keeps those waiting who append a summary, until it is let go. */
  class HangingStore extends InMemorySessionService {
    readonly #freed: Promise<void>;
    free: () => void = () => undefined;
    hangs: (event: { readonly actions?: { readonly summary?: unknown } | undefined }) => boolean = (event) =>
      event.actions?.summary !== undefined;

    constructor() {
      super();
      this.#freed = new Promise((resolve) => {
        this.free = resolve;
      });
    }

    override async appendEvent(
      request: Parameters<InMemorySessionService["appendEvent"]>[0],
    ): Promise<SessionEvent> {
      if (this.hangs(request.event)) await this.#freed;
      return super.appendEvent(request);
    }
  }

  async function hanging(options: SessionSummarizerOptions = {}) {
    const store = new HangingStore();
    const given = { summarizer: stubSummarizer("Short."), keep: { turns: 1 }, ...options };
    const made = await decorated({ mode: "manual", ...given }, store);
    await appendAll(made.sessions, made.session, turns(4));
    const summaries = async () =>
      ((await store.getSession({ ...KEY, view: "full" }))?.events ?? []).filter(
        ({ actions }) => actions.summary !== undefined,
      ).length;
    return { ...made, store, summaries };
  }

  const unanswered = { code: "commit-failed", transient: true };

  test("is waited for until the deadline; what it was given may still arrive", async () => {
    const summarizer = stubSummarizer("Short.");
    const { sessions, store, summaries } = await hanging({ summarizer, timeoutMs: 60 });
    const error = failure(await sessions.summarize(KEY, force));
    expect(error).toMatchObject({ ...unanswered, message: expect.stringContaining("may still arrive") });
    expect(await summaries()).toBe(0);
    store.free();
    expect(await sessions.listSummaries(KEY)).toHaveLength(1);
    expect(skippedBecause(await sessions.summarize(KEY, force))).toBe("nothing-new");
    expect([await summaries(), summarizer.requests.length]).toEqual([1, 1]);
  });

  test("is waited for until the caller gives up", async () => {
    const { sessions, store, summaries } = await hanging({ timeoutMs: null });
    const caller = new AbortController();
    store.hangs = ({ actions }) => {
      if (actions?.summary === undefined) return false;
      caller.abort();
      return true;
    };
    const given = { ...force, signal: caller.signal };
    expect(failure(await sessions.summarize(KEY, given))).toMatchObject(unanswered);
    store.free();
    expect(await sessions.listSummaries(KEY)).toHaveLength(1);
    expect(await summaries()).toBe(1);
  });

  test("gets nothing any more where it was not asked yet", async () => {
    const { sessions, session, store, summaries } = await hanging({ timeoutMs: null });
    const caller = new AbortController();
    store.hangs = () => true;
    const appended: Promise<unknown>[] = [];
    const summarizer = stubSummarizer(() => {
      // Before the commit in the queue of the session.
      appended.push(sessions.appendEvent({ session, event: u("Wait.") }));
      setTimeout(() => caller.abort(), 20);
      return "Short.";
    });
    const outcome = await sessions.summarize(KEY, { ...force, summarizer, signal: caller.signal });
    expect(skippedBecause(outcome)).toBe("aborted");
    store.free();
    await Promise.all(appended);
    await sessions.getSession(KEY);
    expect(await summaries()).toBe(0);
  });

  test("keeps close() waiting in no mode", async () => {
    for (const mode of ["manual", "background"] as const) {
      const store = new HangingStore();
      const options = { summarizer: stubSummarizer("Short."), keep: { turns: 1 }, timeoutMs: null };
      const sessions = withSummaries(store, { ...options, mode, trigger: () => true });
      const session = await sessions.createSession(KEY);
      let reached: () => void = () => undefined;
      const isAsked = new Promise<void>((resolve) => {
        reached = resolve;
      });
      store.hangs = ({ actions }) => {
        if (actions?.summary !== undefined) reached();
        return actions?.summary !== undefined;
      };
      // Where it hangs already, an append would wait for it, too.
      const appended = appendAll(sessions, session, turns(6));
      const outcome = mode === "manual" ? appended.then(() => sessions.summarize(KEY, force)) : undefined;
      await isAsked;
      await sessions.close({ drainMs: 10 });
      if (outcome !== undefined) expect(failure(await outcome)).toMatchObject(unanswered);
      store.free();
      await appended;
    }
  });
});

describe("options that only a model heeds", () => {
  const heeded = { maxSummaryWords: 50, userName: "Dana", concurrency: 2 };
  const names = Object.keys(heeded) as (keyof typeof heeded)[];
  const summarizer = stubSummarizer("Short.");

  test.each(names)("%s is refused beside a summarizer, and taken where it is heeded", async (name) => {
    const given = { [name]: heeded[name], prompt: "{max_summary_words} {conversation_text}" };
    const { prompt, ...alone } = given;
    const needed = name === "maxSummaryWords" ? given : alone;
    expect(() => new SessionSummarizer({ summarizer, ...alone })).toThrow(`\`${name}\``);
    const server = await playing(["Short."]);
    new SessionSummarizer({ model: server.chat(), ...needed });
    new SessionSummarizer({ summarizer, fallback: server.chat(), ...needed });
    // A call that names another writer means that one, without what the usual one needs.
    const usual = new SessionSummarizer({ model: server.chat(), ...needed, keep: { turns: 1 } });
    summarized(await usual.summarizeEvents(turns(4), { ...force, summarizer }));
  });

  test("concurrency is heeded by a summarizer that reads in parts", () => {
    new SessionSummarizer({ summarizer, concurrency: 2, maxInputTokens: 100 });
  });
});

describe("what the trigger said is told with what came of it", () => {
  const summarizer = stubSummarizer(() => {
    throw new Error("no");
  });

  test("when the breaker is open", async () => {
    const fold = new SessionSummarizer({
      summarizer,
      keep: { turns: 1 },
      trigger: () => true,
      retry: false,
      breaker: { failures: 1 },
    });
    failure(await fold.summarizeEvents(turns(4)));
    const outcome = await fold.summarizeEvents(turns(4));
    expect(skippedBecause(outcome)).toBe("breaker-open");
    expect(explanationOf(outcome).fired).toBe(true);
  });

  test("when it is called off, and when a hook does not want it", async () => {
    const caller = new AbortController();
    const trigger = (): boolean => true;
    const stop = stubSummarizer(() => {
      caller.abort();
      return "Short.";
    });
    const called = await new SessionSummarizer({
      summarizer: stop,
      keep: { turns: 1 },
      trigger,
    }).summarizeEvents(turns(4), { signal: caller.signal });
    const hooks = { after: () => ({ veto: true }) };
    const vetoed = await new SessionSummarizer({ keep: { turns: 1 }, trigger, hooks }).summarizeEvents(
      turns(4),
    );
    expect([called, vetoed].map(skippedBecause)).toEqual(["aborted", "vetoed"]);
    for (const outcome of [called, vetoed]) expect(explanationOf(outcome).fired).toBe(true);
  });
});
