import { InMemorySessionService, type SessionKey, type SummarizingSessionService } from "@sessionfold/core";
import { describe, expect, test } from "vitest";
import { summarized, turns } from "../support/folds.ts";
import { skippedBecause } from "../support/outcomes.ts";
import { appendAll, decorated, KEY } from "../support/sessions.ts";
import { type StubSummarizer, stubSummarizer } from "../support/stub-summarizer.ts";

/** The answer to the next deletion is lost on its way. */
class LosesAnswers extends InMemorySessionService {
  override async deleteSession(key: SessionKey): Promise<void> {
    await super.deleteSession(key);
    throw new Error("connection reset");
  }
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

/** A session that is being summarised by a model which answers nobody until it is let go. */
async function summarising(inner = new InMemorySessionService()): Promise<{
  sessions: SummarizingSessionService;
  stub: StubSummarizer;
  answers: ((text: string) => void)[];
  first: ReturnType<SummarizingSessionService["summarize"]>;
}> {
  const answers: ((text: string) => void)[] = [];
  const stub = stubSummarizer(() => new Promise<string>((resolve) => answers.push(resolve)));
  const { sessions, session } = await decorated(
    { mode: "manual", keep: { turns: 0 }, summarizer: stub },
    inner,
  );
  await appendAll(sessions, session, turns(2));
  const first = sessions.summarize(KEY, { force: true });
  await until(() => answers.length === 1);
  return { sessions, stub, answers, first };
}

describe("a session made anew", () => {
  test("ends what is under way for the one before, also when the answer to its deletion was lost", async () => {
    const { sessions, stub, first } = await summarising(new LosesAnswers());
    await expect(sessions.deleteSession(KEY)).rejects.toThrow("connection reset");
    await sessions.createSession(KEY);
    expect(stub.requests[0]?.signal.aborted).toBe(true);
    expect(skippedBecause(await first)).toBe("aborted");
  });

  test("by another process is summarised alone, and callers of the one before get nothing of it", async () => {
    const inner = new InMemorySessionService();
    const { sessions, stub, answers, first } = await summarising(inner);
    const joined = sessions.summarize(KEY, { force: true });
    await sessions.getSession(KEY);
    await inner.deleteSession(KEY);
    await appendAll(inner, await inner.createSession(KEY), turns(2, 100));
    const anew = sessions.summarize(KEY, { force: true });
    await until(() => answers.length === 2);
    expect(stub.requests[0]?.signal.aborted).toBe(true);
    expect(skippedBecause(await first)).toBe("aborted");
    expect(skippedBecause(await joined)).toBe("aborted");
    answers[1]?.("of the second");
    expect(summarized(await anew).summary.text).toBe("of the second");
    expect(stub.requests).toHaveLength(2);
  });

  test("has none of the calls that waited for the one before", async () => {
    const inner = new InMemorySessionService();
    const { sessions, stub, first } = await summarising(inner);
    const joined = sessions.summarize(KEY, { force: true });
    await sessions.getSession(KEY);
    await sessions.deleteSession(KEY);
    await appendAll(inner, await inner.createSession(KEY), turns(2, 100));
    expect(skippedBecause(await first)).toBe("aborted");
    expect(skippedBecause(await joined)).toBe("aborted");
    expect(stub.requests).toHaveLength(1);
  });
});
