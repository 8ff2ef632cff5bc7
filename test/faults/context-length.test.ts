import { SessionSummarizer, type SessionSummarizerOptions } from "@sessionfold/core";
import { describe, expect, test } from "vitest";
import { marked, marker, markersIn } from "../support/chunks.ts";
import { a, numbered, u } from "../support/events.ts";
import { summarized } from "../support/folds.ts";
import * as play from "../support/model-server.ts";
import { modelSession, playing } from "../support/model-session.ts";
import { failure, skippedBecause } from "../support/outcomes.ts";
import { appendAll, KEY } from "../support/sessions.ts";

const force = { force: true } as const;
/** Far below the 128,000 tokens that the client believes the model to have. */
const WINDOW = 2000;
const COUNT = 300;
const OPTIONS: SessionSummarizerOptions = { keep: { turns: 0 }, maxSummaryLength: null, retry: false };

const all = (count: number, from = 0): readonly string[] =>
  Array.from({ length: count }, (_, at) => marker(from + at));

/** Prompts that the model did read, and how many requests were refused. */
interface Reads {
  readonly server: play.ModelServer;
  readonly prompts: string[];
  readonly refused: () => number;
}

/** A model that takes no more than `WINDOW` tokens and answers each prompt by `answer`. */
async function narrow(
  answer: (prompt: string) => string,
  provider: "OpenAI" | "Anthropic" = "OpenAI",
): Promise<Reads> {
  const prompts: string[] = [];
  const read = ({ messages }: play.CompletionRequest): play.Answer => {
    const prompt = messages.at(-1)?.content ?? "";
    if (provider === "Anthropic" && prompt.length > WINDOW * 4) return play.promptTooLong({ limit: WINDOW });
    prompts.push(prompt);
    return answer(prompt);
  };
  const server = await playing(read, provider === "OpenAI" ? { contextWindow: WINDOW } : {});
  return { server, prompts, refused: () => server.calls.filter(({ status }) => status === 400).length };
}

/** A summary of a part that tells its first marker, and is long enough that many of them are too long for one merge. */
const partSummary = (prompt: string): string =>
  `Part from ${markersIn(prompt)[0] ?? "nowhere"}. ${"It tells of many things. ".repeat(20)}`;

describe.each(["OpenAI", "Anthropic"] as const)(
  "a window smaller than believed, in the words of %s",
  (provider) => {
    test("all that was said reaches the model, and the next fold does not run into the error again", async () => {
      const { server, prompts, refused } = await narrow(() => "A short summary.", provider);
      const events = numbered(marked(COUNT, 200));
      const { sessions, session, window } = await modelSession({ ...OPTIONS, model: server.chat() }, events);
      const { summary } = summarized(await sessions.summarize(KEY, force));
      expect(summary.coverage.direct).toHaveLength(COUNT);
      expect(await window()).toEqual(["S"]);
      const read = markersIn(prompts.join("\n"));
      expect([...read].sort()).toEqual(all(COUNT));

      // 60,000 characters were halved until they fit: a handful of requests too many, once.
      const before = refused();
      expect(before).toBeGreaterThan(0);
      expect(before).toBeLessThanOrEqual(8);

      prompts.length = 0;
      const more = marked(2 * COUNT, 200).slice(COUNT);
      await appendAll(sessions, session, more);
      summarized(await sessions.summarize(KEY, force));
      expect([...markersIn(prompts.join("\n"))].sort()).toEqual(all(COUNT, COUNT));
      expect(refused()).toBe(before);
      // The previous summary was read, too.
      expect(prompts.filter((prompt) => prompt.includes("A short summary.")).length).toBeGreaterThan(0);
    });

    test("summaries of parts that are too long for one merge are merged in parts, none is left out", async () => {
      const { server, prompts } = await narrow(
        (prompt) => (prompt.includes("summaries_of_the_parts") ? "Merged, and short." : partSummary(prompt)),
        provider,
      );
      const sut = new SessionSummarizer({ ...OPTIONS, model: server.chat() });
      const { summary } = summarized(await sut.summarizeEvents(marked(COUNT, 200), force));
      expect(summary.text).toBe("Merged, and short.");
      const merges = prompts.filter((prompt) => prompt.includes("summaries_of_the_parts"));
      const parts = prompts.filter((prompt) => !prompt.includes("summaries_of_the_parts"));
      expect(merges.length).toBeGreaterThan(1);
      const merged = merges.join("\n");
      for (const part of parts) expect(merged).toContain(`Part from ${markersIn(part)[0]}.`);
    });
  },
);

test("one message that is longer than the window is cut, and nothing of it is lost", async () => {
  const { server, prompts } = await narrow(() => "A short summary.");
  const words = Array.from({ length: 4000 }, (_, at) => `word${at}`);
  const sut = new SessionSummarizer({ ...OPTIONS, model: server.chat() });
  summarized(await sut.summarizeEvents([a(words.join("\n"))], force));
  const read = new Set(prompts.join("\n").match(/word\d+/g));
  expect(read.size).toBe(4000);
});

test("what was learned is not forgotten by calls with options of their own", async () => {
  const { server, refused } = await narrow(() => "A short summary.");
  const sut = new SessionSummarizer({ ...OPTIONS, model: server.chat() });
  summarized(await sut.summarizeEvents(marked(COUNT, 200), force));
  const before = refused();
  summarized(await sut.summarizeEvents(marked(COUNT, 200), { ...force, timeoutMs: 60_000 }));
  expect(refused()).toBe(before);
});

test("a provider that finds anything too long is asked a few times, and the failure is a lasting one", async () => {
  const server = await playing([play.contextLengthExceeded()]);
  const { sessions, expectUntouched } = await modelSession(
    { ...OPTIONS, model: server.chat(), concurrency: 1 },
    [u("Tell me all of it."), ...marked(COUNT, 200)],
  );
  const error = failure(await sessions.summarize(KEY, force));
  expect(error).toMatchObject({ code: "summarizer-failed", transient: false });
  expect(error.message).toContain("400");
  // Halved from 15,000 tokens down to 64.
  expect(server.requests.length).toBeLessThanOrEqual(10);
  await expectUntouched();
});

test("a caller who gives up while it is halved has the outcome at once", async () => {
  const controller = new AbortController();
  const server = await playing((_, call) => {
    if (call < 2) return play.contextLengthExceeded();
    controller.abort();
    return play.hang();
  });
  const { sessions, expectUntouched } = await modelSession({ ...OPTIONS, model: server.chat() }, [
    u("Tell me all of it."),
    ...marked(COUNT, 200),
  ]);
  const outcome = await sessions.summarize(KEY, { ...force, signal: controller.signal });
  expect(skippedBecause(outcome)).toBe("aborted");
  await server.idle();
  expect(server.openSockets()).toBe(0);
  await expectUntouched();
});
