import {
  ConfigurationError,
  chatModelSummarizer,
  type PromptOptions,
  presets,
  SessionSummarizer,
  type SummarizeOverrides,
} from "@sessionfold/core";
import { describe, expect, test } from "vitest";
import { CHARACTERS, marked } from "../support/chunks.ts";
import { a, u } from "../support/events.ts";
import { fenced } from "../support/fenced.ts";
import { summarized, turns } from "../support/folds.ts";
import { skippedBecause } from "../support/outcomes.ts";
import { RecordingModel } from "../support/recording-model.ts";
import { appendAll, decorated, KEY } from "../support/sessions.ts";

const CONVERSATION = "{conversation_text}";

/** Folds two batches of turns; the first answer is "Ada keeps bees.". Returns the model with both requests. */
async function twoFolds(options: PromptOptions): Promise<RecordingModel> {
  const model = new RecordingModel("Ada keeps bees.", "Ada keeps bees and hens.");
  const { sessions, session } = await decorated({ mode: "manual", keep: { turns: 0 }, ...options, model });
  for (const from of [0, 2]) {
    await appendAll(sessions, session, turns(2, from));
    summarized(await sessions.summarize(session, { force: true }));
  }
  return model;
}

/** What a model is told in one fold of one answer: system prompt and prompt. */
async function told(
  options: SummarizeOverrides,
  text = "hi there",
): Promise<readonly [string | undefined, string]> {
  const model = new RecordingModel("S");
  const sut = new SessionSummarizer({ keep: { turns: 0 }, ...options, model });
  summarized(await sut.summarizeEvents([a(text)], { force: true }));
  return [model.system(), model.prompt()];
}

describe("TPL-17: what the prompts may hold", () => {
  test("{user_name} stands in every prompt, and is the user where nobody says who", async () => {
    const prompts = {
      prompt: `For {user_name}, and {user_name}: ${CONVERSATION}`,
      systemPrompt: "You remember {user_name}.",
    };
    expect(await told({ ...prompts, userName: "Maya" })).toEqual([
      "You remember Maya.",
      "For Maya, and Maya: agent: hi there",
    ]);
    expect(await told(prompts)).toEqual([
      "You remember the user.",
      "For the user, and the user: agent: hi there",
    ]);
    const [system, prompt] = await told({ userName: "Maya" });
    expect(system).toContain("between Maya and");
    expect(prompt).toContain("what Maya is waiting for");
    // A name is text, whatever is in it.
    const odd = await told({ ...prompts, userName: "$& {conversation_text}" });
    expect(odd[0]).toBe("You remember $& {conversation_text}.");
  });

  test("{previous_summary} stands where it was put, and in front of the conversation where it was not", async () => {
    const placed = await twoFolds({ prompt: `Old: [{previous_summary}] New: [${CONVERSATION}]` });
    expect(placed.prompt(0)).toMatch(/^Old: \[\(nothing yet\)\] New: \[user: question 0\n/);
    expect(placed.prompt(1)).toBe(
      "Old: [Ada keeps bees.] New: [user: question 2\nagent: answer 2\nuser: question 3\nagent: answer 3]",
    );
    const prepended = await twoFolds({ prompt: `New: [${CONVERSATION}]` });
    expect(prepended.prompt(0)).toMatch(/^New: \[user: question 0\n/);
    expect(prepended.prompt(1)).toMatch(/^New: \[.*\n {2}Ada keeps bees\.\n\nuser: question 2\n/);
    expect(prepended.prompt(1).split("Ada keeps bees.")).toHaveLength(2);
  });

  test("a prompt of one's own goes without our system prompt, and with one's own", async () => {
    expect(await told({ prompt: CONVERSATION })).toEqual([undefined, "agent: hi there"]);
    expect(await told({ prompt: CONVERSATION, systemPrompt: "Be brief." })).toEqual([
      "Be brief.",
      "agent: hi there",
    ]);
    const [system, prompt] = await told({ systemPrompt: "Be brief." });
    expect(system).toBe("Be brief.");
    expect(prompt).toContain("agent: hi there");
    expect(prompt).toContain("in the language of the\nconversation");
  });

  test("what a conversation or a summary contains stays literal", async () => {
    const odd = "$& $1 $` {conversation_text} {previous_summary} {} {0} {nothing}";
    const [, own] = await told({ prompt: `Text: ${CONVERSATION}` }, odd);
    expect(own).toBe(`Text: agent: ${odd}`);
    const [, ours] = await told({ maxSummaryWords: 40, userName: "Maya" }, odd);
    expect(ours).toContain(`\nagent: ${odd}\n`);
    expect(ours.split("$&")).toHaveLength(2);

    const model = new RecordingModel(odd, "S");
    const { sessions, session } = await decorated({ mode: "manual", keep: { turns: 0 }, model });
    await appendAll(sessions, session, [a("y".repeat(200))]);
    summarized(await sessions.summarize(session, { force: true }));
    await appendAll(sessions, session, [a("and so on")]);
    summarized(await sessions.summarize(session, { force: true }));
    expect(fenced(model.prompt(), "memory_so_far")).toBe(odd);
    expect(model.prompt()).toContain("\nagent: and so on\n");
  });

  test("a merge has a prompt of its own, with {partial_summaries}", async () => {
    const model = new RecordingModel("one", "two", "both");
    const sut = new SessionSummarizer({
      ...CHARACTERS,
      model,
      maxInputTokens: 505,
      prompt: `Part: ${CONVERSATION}`,
      mergePrompt: "Join for {user_name} (before: {previous_summary}): {partial_summaries}",
      userName: "Maya",
    });
    const { summary } = summarized(await sut.summarizeEvents(marked(10, 100), { force: true }));
    expect(summary.text).toBe("both");
    expect(model.requests).toHaveLength(3);
    expect(model.prompt()).toBe("Join for Maya (before: (nothing yet)): one\n\ntwo");
    for (const at of [0, 1]) expect(model.prompt(at)).toMatch(/^Part: agent: <m/);
    // Ours says what it is about.
    const other = new RecordingModel("one", "two", "both");
    const ours = new SessionSummarizer({ ...CHARACTERS, model: other, maxInputTokens: 505 });
    summarized(await ours.summarizeEvents(marked(10, 100), { force: true }));
    expect(fenced(other.prompt(), "summaries_of_the_parts")).toBe("one\n\ntwo");
    expect(other.system()).toBe(other.system(0));
  });

  test.each<[string, SummarizeOverrides, string]>([
    ["a merge prompt without its placeholder", { mergePrompt: "Merge them." }, "{partial_summaries}"],
    ["a merge prompt with the conversation", { mergePrompt: CONVERSATION }, "{conversation_text}"],
    ["an empty merge prompt", { mergePrompt: " " }, "`mergePrompt`"],
    ["an unknown placeholder", { prompt: `${CONVERSATION} {user}` }, "{user}"],
    [
      "partial summaries in the prompt",
      { prompt: `${CONVERSATION} {partial_summaries}` },
      "{partial_summaries}",
    ],
    ["a system prompt with the summary", { systemPrompt: "{previous_summary}" }, "{previous_summary}"],
    ["a limit that no prompt tells", { prompt: CONVERSATION, maxSummaryWords: 40 }, "{max_summary_words}"],
    [
      "a limit that only the merge prompt tells",
      {
        prompt: CONVERSATION,
        mergePrompt: "{max_summary_words} {partial_summaries}",
        maxSummaryWords: 40,
      },
      "{max_summary_words}",
    ],
    ["half a word", { maxSummaryWords: 1.5 }, "`maxSummaryWords`"],
    ["a name that is none", { userName: 7 as unknown as string }, "`userName`"],
  ])(
    "%s is refused, at construction and for one call, and the old prompt stays in use",
    async (_, wrong, named) => {
      const model = new RecordingModel("S");
      expect(() => new SessionSummarizer({ ...wrong, model })).toThrow(ConfigurationError);
      expect(() => new SessionSummarizer({ ...wrong, model })).toThrow(named);
      const inUse = { prompt: `In use: ${CONVERSATION}`, keep: { turns: 1 }, mode: "manual" } as const;
      const { sessions, session } = await decorated({ ...inUse, model });
      await appendAll(sessions, session, turns(4));
      const override = { ...wrong, force: true };
      await expect(sessions.summarize(session, override)).rejects.toThrow(ConfigurationError);
      expect(model.requests).toHaveLength(0);
      expect(await sessions.listSummaries(KEY)).toEqual([]);
      summarized(await sessions.summarize(session, { force: true }));
      expect(model.prompt()).toMatch(/^In use: user: question 0/);
    },
  );

  test("a valid prompt for one call is used for that call alone", async () => {
    const model = new RecordingModel("S");
    const inUse = { prompt: `In use: ${CONVERSATION}`, keep: { turns: 0 }, mode: "manual" } as const;
    const { sessions, session } = await decorated({ ...inUse, model });
    const overrides: readonly SummarizeOverrides[] = [
      {},
      { prompt: `Once: ${CONVERSATION}` },
      { maxSummaryLength: 500 },
      {},
    ];
    for (const [at, override] of overrides.entries()) {
      await appendAll(sessions, session, turns(2, at * 2));
      summarized(await sessions.summarize(session, { force: true, ...override }));
    }
    const used = model.requests.map((_, at) => model.prompt(at).split(":")[0]);
    expect(used).toEqual(["In use", "Once", "In use", "In use"]);
  });
});

describe("TPL-17: a limit in words", () => {
  const sentence = "Use {max_summary_words} words. ";

  test("is told where the prompt says so, in one of both", async () => {
    const prompt = `${sentence}${CONVERSATION}`;
    expect(await told({ prompt, maxSummaryWords: 40 })).toEqual([undefined, "Use 40 words. agent: hi there"]);
    const apart = { prompt: CONVERSATION, systemPrompt: `Be brief. ${sentence}`, maxSummaryWords: 40 };
    expect(await told(apart)).toEqual(["Be brief. Use 40 words. ", "agent: hi there"]);
    const [, ours] = await told({ maxSummaryWords: 40 });
    expect(ours).toMatch(/Write at most 40 words\.\n\nSummary:$/);
    expect(ours.match(/words/g)).toHaveLength(1);
  });

  test("goes with its sentence where there is none", async () => {
    for (const maxSummaryWords of [undefined, 0]) {
      const both = { prompt: `Be kind. ${sentence}${CONVERSATION}`, systemPrompt: sentence, maxSummaryWords };
      expect(await told(both)).toEqual([undefined, "Be kind. agent: hi there"]);
      const inside = { prompt: `Sum up in {max_summary_words} words: ${CONVERSATION}`, maxSummaryWords };
      expect((await told(inside))[1]).toContain("agent: hi there");
      expect((await told(inside))[1]).not.toContain("max_summary_words");
      const lines = { prompt: `Sum up.\n${sentence}\n${CONVERSATION}`, maxSummaryWords };
      expect((await told(lines))[1]).toBe("Sum up.\n\nagent: hi there");
      expect((await told({ maxSummaryWords }))[1]).not.toContain("at most");
    }
  });

  test("comes of the target in tokens where no other is set", async () => {
    const prompt = `${sentence}${CONVERSATION}`;
    expect((await told({ prompt, targetTokens: 100 }))[1]).toBe("Use 75 words. agent: hi there");
    expect((await told({ prompt, targetTokens: 100, maxSummaryWords: 9 }))[1]).toBe(
      "Use 9 words. agent: hi there",
    );
    expect((await told({ prompt, targetTokens: 100, maxSummaryWords: 0 }))[1]).toBe("agent: hi there");
    expect((await told({ prompt: CONVERSATION, targetTokens: 100 }))[1]).toBe("agent: hi there");
    expect((await told({ targetTokens: 100 }))[1]).toContain("at most 75 words.");
  });

  test("is told for the merge as well", async () => {
    const model = new RecordingModel("one", "two", "both");
    const sut = new SessionSummarizer({ ...CHARACTERS, model, maxInputTokens: 505, maxSummaryWords: 40 });
    summarized(await sut.summarizeEvents(marked(10, 100), { force: true }));
    expect(model.requests).toHaveLength(3);
    for (const at of [0, 1, 2]) expect(model.prompt(at)).toContain("Write at most 40 words.");
  });

  test("cuts nothing", async () => {
    const long = "word ".repeat(30).trim();
    const sut = new SessionSummarizer({ ...CHARACTERS, model: new RecordingModel(long), maxSummaryWords: 3 });
    expect(summarized(await sut.summarizeEvents(marked(3, 200), { force: true })).summary.text).toBe(long);
  });
});

describe("The preset of Lyra", () => {
  /** Messages as they come in, `count` in all; a user's and an answer in turn. */
  const messages = (count: number, from = 0) =>
    Array.from({ length: count }, (_, at) =>
      (from + at) % 2 === 0 ? u(`question ${from + at}`) : a(`answer ${from + at}`),
    );

  test("TRG-44: 19 messages do nothing, 20 and 21 are summarised, all of them", async () => {
    for (const [count, folds] of [
      [19, false],
      [20, true],
      [21, true],
    ] as const) {
      const model = new RecordingModel("S");
      const sut = new SessionSummarizer({ ...presets.lyra(), model });
      // 19 and 21 end with an answer as well: they start with one.
      const outcome = await sut.summarizeEvents(messages(count, count % 2));
      if (folds) expect(summarized(outcome).summary.coverage.direct).toHaveLength(count);
      else expect(skippedBecause(outcome)).toBe("not-triggered");
      expect(model.requests).toHaveLength(folds ? 1 : 0);
    }
    expect(skippedBecause(await new SessionSummarizer(presets.lyra()).summarizeEvents([]))).toBe(
      "not-triggered",
    );
  });

  test("reads the whole session again, from its raw events, for the user by name", async () => {
    const model = new RecordingModel("Maya asked ten things.", "Maya asked twenty things.");
    const { sessions, session } = await decorated({ ...presets.lyra({ userName: "Maya" }), model });
    await appendAll(sessions, session, messages(20));
    expect(model.requests).toHaveLength(1);
    await appendAll(sessions, session, messages(18, 20));
    expect(model.requests).toHaveLength(1);
    await appendAll(sessions, session, messages(2, 38));
    expect(model.requests).toHaveLength(2);

    expect(model.prompt()).toContain("user: question 0\nagent: answer 1\n");
    expect(model.prompt()).toContain("user: question 38\nagent: answer 39\n");
    expect(model.prompt()).not.toContain("ten things");
    expect(model.system()).toContain("Maya");
    expect(model.prompt()).toContain("Maya");
    expect(model.prompt()).toContain("at most 200 words");
    const window = (await sessions.getSession(KEY))?.events ?? [];
    expect(window).toHaveLength(1);
    // The raw messages are kept beside it.
    const full = await sessions.getSession({ ...KEY, view: "full" });
    expect(full?.events.filter(({ actions }) => actions.summary === undefined)).toHaveLength(40);
    const last = await sessions.getSummary(KEY);
    expect(last?.text).toBe("Maya asked twenty things.");
    expect(await sessions.unfold(KEY, last?.id ?? "")).toHaveLength(40);
  });

  test("asks for a summary at its own mark", async () => {
    const model = new RecordingModel("S");
    const sut = new SessionSummarizer({ ...presets.lyra({ summarizeAfter: 4 }), model });
    expect(skippedBecause(await sut.summarizeEvents(messages(3, 1)))).toBe("not-triggered");
    summarized(await sut.summarizeEvents(messages(4)));
    expect(model.system()).toContain("between the user and");
  });
});

test("prompts of a summarizer made by hand are checked like the others", () => {
  const model = new RecordingModel();
  for (const wrong of [{ mergePrompt: "Merge" }, { systemPrompt: CONVERSATION }, { prompt: "{}" }]) {
    expect(() => chatModelSummarizer(model, wrong)).toThrow(ConfigurationError);
  }
});
