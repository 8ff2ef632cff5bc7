import {
  ConfigurationError,
  InMemorySessionService,
  SessionSummarizer,
  type SummarizeOutcome,
  type SummarizingSessionService,
  withSummaries,
} from "@sessionfold/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { a, u } from "../support/events.ts";
import { summarized, turns } from "../support/folds.ts";
import { failure, skippedBecause, textOf } from "../support/outcomes.ts";
import { appendAll, decorated, KEY } from "../support/sessions.ts";
import { type StubSummarizer, stubSummarizer } from "../support/stub-summarizer.ts";

const options = { mode: "manual", keep: { turns: 0 } } as const;

/** A promise and the function that fulfils it. */
function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

describe("a trigger that never answers", () => {
  const never = (): Promise<boolean> => new Promise(() => {});

  test("ends at the time limit", async () => {
    const { sessions, session } = await decorated({
      ...options,
      timeoutMs: 20,
      trigger: never,
      summarizer: stubSummarizer(),
    });
    await appendAll(sessions, session, turns(1));
    expect(failure(await sessions.summarize(KEY)).code).toBe("timeout");
    const list = new SessionSummarizer({ timeoutMs: 20, trigger: never, summarizer: stubSummarizer() });
    expect(failure(await list.summarizeEvents(turns(1))).code).toBe("timeout");
  });

  test("ends when the caller gives up, also without a time limit", async () => {
    const controller = new AbortController();
    let asked = false;
    const trigger = (): Promise<boolean> => {
      asked = true;
      return never();
    };
    const { sessions, session } = await decorated({
      ...options,
      timeoutMs: null,
      trigger,
      summarizer: stubSummarizer(),
    });
    await appendAll(sessions, session, turns(1));
    const outcome = sessions.summarize(KEY, { signal: controller.signal });
    await until(() => asked);
    controller.abort();
    expect(skippedBecause(await outcome)).toBe("aborted");
  });

  test("does not keep an append for ever", async () => {
    const { sessions, session } = await decorated({
      mode: "inline",
      timeoutMs: 20,
      trigger: never,
      summarizer: stubSummarizer(),
    });
    await appendAll(sessions, session, turns(2));
    expect((await sessions.getSession(KEY))?.events).toHaveLength(4);
  });
});

test.each([2 ** 31, 3_000_000_000, Number.POSITIVE_INFINITY])(
  "timeoutMs %d is more than a timer can hold, so it is refused",
  async (timeoutMs) => {
    expect(() => new SessionSummarizer({ timeoutMs })).toThrow(ConfigurationError);
    expect(() => new SessionSummarizer({ timeoutMs })).toThrow("timeoutMs");
    const { sessions } = await decorated({ ...options, summarizer: stubSummarizer() });
    await expect(sessions.summarize(KEY, { timeoutMs })).rejects.toThrow("timeoutMs");
    expect(() => new SessionSummarizer({ timeoutMs: 2 ** 31 - 1 })).not.toThrow();
  },
);

describe("callers at once", () => {
  test("a forced call that meets a run whose trigger says no has a run of its own", async () => {
    const { opened, open } = gate();
    let asked = 0;
    const trigger = async (): Promise<boolean> => {
      asked++;
      await opened;
      return false;
    };
    const stub = stubSummarizer();
    const { sessions, session } = await decorated({ ...options, trigger, summarizer: stub });
    await appendAll(sessions, session, turns(1));
    const plain = sessions.summarize(KEY);
    await until(() => asked === 1);
    const forced = [sessions.summarize(KEY, { force: true }), sessions.summarize(KEY, { force: true })];
    open();
    expect(skippedBecause(await plain)).toBe("not-triggered");
    const ids = (await Promise.all(forced)).map((outcome) => summarized(outcome).summary.id);
    expect(ids[0]).toBe(ids[1]);
    expect(stub.requests).toHaveLength(1);
    expect(asked).toBe(1);
  });

  test("a joiner is not called off when the first caller gives up", async () => {
    const { sessions, first, second, stub, controllers } = await twoCallers();
    controllers[0]?.abort();
    expect(skippedBecause(await first)).toBe("aborted");
    expect(summarized(await second).summary.text).toBe("S2");
    expect(stub.requests).toHaveLength(2);
    expect(await sessions.listSummaries(KEY)).toHaveLength(1);
  });

  test("a joiner that gives up leaves the run to the first caller", async () => {
    const { first, second, stub, controllers, open } = await twoCallers();
    controllers[1]?.abort();
    expect(skippedBecause(await second)).toBe("aborted");
    open();
    expect(summarized(await first).summary.text).toBe("S1");
    expect(stub.requests).toHaveLength(1);
  });

  test("nobody starts over once the service is closed", async () => {
    const { sessions, first, second, stub } = await twoCallers();
    await sessions.close({ drainMs: 0 });
    expect(skippedBecause(await first)).toBe("aborted");
    expect(skippedBecause(await second)).toBe("aborted");
    expect(stub.requests).toHaveLength(1);
  });

  interface TwoCallers {
    readonly sessions: SummarizingSessionService;
    readonly stub: StubSummarizer;
    readonly first: Promise<SummarizeOutcome>;
    readonly second: Promise<SummarizeOutcome>;
    readonly controllers: readonly AbortController[];
    readonly open: () => void;
  }

  /** The first caller's run waits for its model, the second has joined it. */
  async function twoCallers(): Promise<TwoCallers> {
    const { opened, open } = gate();
    const stub = stubSummarizer(async () => {
      const call = stub.requests.length;
      if (call === 1) await opened;
      return `S${call}`;
    });
    const { sessions, session } = await decorated({ ...options, summarizer: stub });
    await appendAll(sessions, session, turns(1));
    const controllers = [new AbortController(), new AbortController()];
    const [first, second] = controllers.map(({ signal }, at) =>
      at === 0 ? sessions.summarize(KEY, { force: true, signal }) : undefined,
    );
    await until(() => stub.requests.length === 1);
    const joined = second ?? sessions.summarize(KEY, { force: true, signal: controllers[1]?.signal });
    await new Promise((resolve) => setTimeout(resolve, 5));
    if (first === undefined) throw new Error("No first caller");
    return { sessions, stub, first, second: joined, controllers, open };
  }
});

describe("what the application hangs on breaks nothing", () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown): void => {
    unhandled.push(reason);
  };
  beforeEach(() => {
    unhandled.length = 0;
    process.on("unhandledRejection", note);
  });
  afterEach(() => {
    process.off("unhandledRejection", note);
  });

  test.each([
    ["rejects", (): Promise<never> => Promise.reject(new Error("the secret of the user"))],
    [
      "throws",
      (): never => {
        throw new Error("the secret of the user");
      },
    ],
  ])("onOutcome that %s is logged without its words, and not unhandled", async (_, onOutcome) => {
    const warnings: string[] = [];
    const logger = { warn: (message: string): void => void warnings.push(message) };
    const { sessions, session } = await decorated({
      ...options,
      onOutcome,
      logger,
      summarizer: stubSummarizer(),
    });
    await appendAll(sessions, session, turns(1));
    summarized(await sessions.summarize(KEY, { force: true }));
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain("onOutcome");
    expect(warnings[0]).not.toContain("secret");
    expect(unhandled).toEqual([]);
  });

  test("a logger that throws", async () => {
    const logger = {
      warn: (): never => {
        throw new Error("no log");
      },
    };
    const onOutcome = async (): Promise<never> => {
      throw new Error("no report");
    };
    const inner = new InMemorySessionService();
    const session = await inner.createSession(KEY);
    // A record that cannot be read makes a warning.
    await appendAll(inner, session, [{ ...u("hello"), actions: { summary: { id: 5 } } }, u("q"), a("b")]);
    const sessions = withSummaries(inner, { ...options, logger, onOutcome, summarizer: stubSummarizer() });
    expect((await sessions.getSession(KEY))?.events.map(textOf)).toEqual(["q", "b"]);
    summarized(await sessions.summarize(KEY, { force: true }));
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(unhandled).toEqual([]);
  });
});
