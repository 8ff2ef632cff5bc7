import {
  approximateCounter,
  ConfigurationError,
  contextFraction,
  conversationThreshold,
  evaluateTrigger,
  eventCountThreshold,
  InMemorySessionService,
  idleGap,
  importantContentThreshold,
  type KeepEvents,
  presets,
  type SessionStatistics,
  SessionSummarizer,
  type SessionSummarizerOptions,
  type Trigger,
  type TriggerExplanation,
  textThreshold,
  timeIntervalThreshold,
  tokenThreshold,
  withSummaries,
} from "@sessionfold/core";
import { expect, test } from "vitest";
import { a } from "../support/events.ts";
import { NOW, turns } from "../support/folds.ts";
import { RecordingModel } from "../support/recording-model.ts";
import { stubSummarizer } from "../support/stub-summarizer.ts";

const QUIET: SessionStatistics = {
  userEvents: 1,
  events: 1,
  tokens: 1,
  windowTokens: 1,
  textLength: 1,
  longestText: 1,
  lastSummaryAt: undefined,
  firstEventAt: NOW,
  lastEventAt: NOW,
  contextWindow: undefined,
};

/** Asks the trigger of options about figures. */
async function ask(
  options: SessionSummarizerOptions,
  figures: Partial<SessionStatistics> = {},
): Promise<TriggerExplanation> {
  if (typeof options.trigger !== "function") throw new Error("Expected one trigger");
  return evaluateTrigger(options.trigger, { ...QUIET, ...figures }, NOW);
}

/** What a construction throws. */
function errorOf(construct: () => unknown): Error {
  try {
    construct();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error("Expected it to throw");
}

test("CFG-01: the defaults are 8000 tokens, 20 messages, a target of 6000 and 4 kept, without a prompt", async () => {
  const defaults = presets.pipecat();
  const explanation = await ask(defaults);
  expect(explanation.name).toBe("anyOf");
  expect(explanation.children?.map(({ name, threshold }) => [name, threshold])).toEqual([
    ["tokens", 8000],
    ["events", 20],
  ]);
  expect((await ask(defaults, { tokens: 7999, events: 19 })).fired).toBe(false);
  expect((await ask(defaults, { tokens: 8000 })).fired).toBe(true);
  expect((await ask(defaults, { events: 20 })).fired).toBe(true);
  expect(defaults.targetTokens).toBe(6000);
  expect((defaults.keep as KeepEvents).events).toBe(4);
  expect(defaults.prompt).toBeUndefined();
  expect(defaults.systemPrompt).toBeUndefined();
  // They are taken as they are, and with the same figures given one gets the same.
  expect(new SessionSummarizer(defaults).options).toMatchObject({
    targetTokens: 6000,
    keep: { events: 4 },
    timeoutMs: 120_000,
  });
  const { trigger: _, ...named } = presets.pipecat({
    maxContextTokens: 8000,
    maxUnsummarizedMessages: 20,
    targetContextTokens: 6000,
    minMessagesAfterSummary: 4,
  });
  expect(defaults).toMatchObject(named);
});

test("CFG-02: without any limit it is an error that says at least one is needed", async () => {
  const none = { maxContextTokens: null, maxUnsummarizedMessages: null };
  const error = errorOf(() => presets.pipecat(none));
  expect(error).toBeInstanceOf(ConfigurationError);
  expect(error.message).toContain("at least one");
  // Either alone is enough, and the other then never fires.
  const messages = presets.pipecat({ ...none, maxUnsummarizedMessages: 20 });
  expect((await ask(messages, { tokens: 1e9 })).fired).toBe(false);
  expect((await ask(messages, { events: 20 })).fired).toBe(true);
  const tokens = presets.pipecat({ ...none, maxContextTokens: 8000 });
  expect((await ask(tokens, { events: 1e9 })).fired).toBe(false);
  expect((await ask(tokens, { tokens: 8000 })).fired).toBe(true);
});

test("CFG-04: a target above the limit becomes 80 percent of it", async () => {
  const target = (targetContextTokens: number | undefined, maxContextTokens: number | null) =>
    presets.pipecat({ targetContextTokens, maxContextTokens }).targetTokens;
  expect(target(9000, 1000)).toBe(800);
  expect(target(9000, 1001)).toBe(800);
  expect(target(6000, 6000)).toBe(6000);
  expect(target(6000, 5999)).toBe(4799);
  expect(target(undefined, 5999)).toBe(4799);
  expect(target(9000, null)).toBe(9000);
  expect(target(500, 1000)).toBe(500);
  // It is what the summarizer is asked for.
  const summarizer = stubSummarizer();
  const options = presets.pipecat({ targetContextTokens: 9000, maxContextTokens: 1000 });
  const sut = new SessionSummarizer({ ...options, summarizer });
  await sut.summarizeEvents(turns(5), { force: true });
  expect(summarizer.requests.map(({ targetTokens }) => targetTokens)).toEqual([800]);
});

test("CFG-06: the caller's configuration is left as it is", () => {
  const settings = { targetContextTokens: 9000, maxContextTokens: 1000, minMessagesAfterSummary: 2 };
  const before = structuredClone(settings);
  const small = presets.pipecat(settings);
  expect(settings).toEqual(before);
  // One configuration for two: the one with the larger limit is not shrunk by the other.
  const large = presets.pipecat({ ...settings, maxContextTokens: 20_000 });
  expect([small.targetTokens, large.targetTokens]).toEqual([800, 9000]);
  expect(presets.pipecat(Object.freeze({ ...settings })).targetTokens).toBe(800);

  // Under the defaults as well: options given to a summarizer or a service are not written to.
  const summarizer = stubSummarizer();
  const keep = Object.freeze({ turns: 2 });
  const options = Object.freeze({ summarizer, keep, trigger: Object.freeze([eventCountThreshold(5)]) });
  const shallow = { ...options };
  new SessionSummarizer(options);
  withSummaries(new InMemorySessionService(), options);
  expect(options).toEqual(shallow);
  expect(keep).toEqual({ turns: 2 });
});

test("CFG-07: figures that make no sense are errors, keeping nothing is fine", () => {
  const wrong: readonly [Parameters<typeof presets.pipecat>[0], string][] = [
    [{ maxContextTokens: 0 }, "maxContextTokens"],
    [{ maxContextTokens: -1 }, "maxContextTokens"],
    [{ maxUnsummarizedMessages: 0 }, "maxUnsummarizedMessages"],
    [{ targetContextTokens: 0 }, "targetContextTokens"],
    [{ minMessagesAfterSummary: -1 }, "keep.events"],
    [{ maxContextTokens: Number.NaN }, "maxContextTokens"],
  ];
  for (const [settings, named] of wrong) {
    const error = errorOf(() => new SessionSummarizer(presets.pipecat(settings)));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error.message).toContain(`\`${named}\``);
  }
  for (const settings of [{ minMessagesAfterSummary: 0 }, { maxContextTokens: 1 }]) {
    expect(() => new SessionSummarizer(presets.pipecat(settings))).not.toThrow();
  }
});

test("CFG-09: the estimate is a token for every 4 characters, rounded down", () => {
  const { count } = approximateCounter();
  expect(count("Hello world")).toBe(2);
  expect(count("x".repeat(22))).toBe(5);
  expect(count("")).toBe(0);
  expect(count("abc")).toBe(0);
  expect(count("abcd")).toBe(1);
});

test("CFG-14: the metadata name the model, the limit and what is kept", () => {
  const options = presets.trpcAgent({ maxSummaryLength: 500, keepEvents: 5 });
  const model = new RecordingModel();
  const expected = {
    model: "recording-model",
    modelAvailable: true,
    maxSummaryLength: 500,
    keep: { events: 5 },
  };
  expect(new SessionSummarizer({ ...options, model }).metadata).toEqual(expected);
  expect(withSummaries(new InMemorySessionService(), { ...options, model }).metadata).toEqual(expected);
  // A model within a runnable is the same model, and one that does not tell its name is one all the same.
  expect(new SessionSummarizer({ ...options, model: model.withRetry() }).metadata).toEqual(expected);
  const unnamed = Object.assign(new RecordingModel(), { model: undefined });
  const { metadata } = new SessionSummarizer({ ...options, model: unnamed });
  expect(metadata.modelAvailable).toBe(true);
  expect(metadata.model).toEqual(expect.any(String));
});

test("CFG-16: an empty list of triggers, a threshold of 0 and a fraction out of range are errors", () => {
  const construct: readonly ((trigger: Trigger[]) => unknown)[] = [
    (trigger) => new SessionSummarizer({ trigger }),
    (trigger) => new SessionSummarizer({ ...presets.trpcAgent(), trigger }),
    (trigger) => withSummaries(new InMemorySessionService(), { trigger }),
  ];
  for (const make of construct) {
    const error = errorOf(() => make([]));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error.message).toContain("`trigger`");
    expect(() => make([() => false])).not.toThrow();
  }
  const thresholds: readonly [string, (n: number) => unknown][] = [
    ["conversationThreshold", conversationThreshold],
    ["tokenThreshold", tokenThreshold],
    ["eventCountThreshold", eventCountThreshold],
    ["timeIntervalThreshold", timeIntervalThreshold],
    ["importantContentThreshold", importantContentThreshold],
    ["textThreshold", textThreshold],
    ["idleGap", idleGap],
  ];
  for (const [name, threshold] of thresholds) {
    for (const figure of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      const error = errorOf(() => threshold(figure));
      expect(error).toBeInstanceOf(ConfigurationError);
      expect(error.message).toContain(`\`${name}\``);
    }
    expect(() => threshold(1)).not.toThrow();
  }
  for (const fraction of [0, -0.1, 1.0001, 50, Number.NaN]) {
    const error = errorOf(() => contextFraction(fraction));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error.message).toContain("`contextFraction`");
  }
  for (const fraction of [1e-9, 0.5, 1]) expect(() => contextFraction(fraction)).not.toThrow();
  expect(errorOf(() => presets.trpcAgent({ turns: 0 }))).toBeInstanceOf(ConfigurationError);
});

test("CFG-16: a wrong trigger for one call is an error as well, and nothing is done", async () => {
  const summarizer = stubSummarizer();
  const sut = new SessionSummarizer({ summarizer, keep: { turns: 0 } });
  await expect(sut.summarizeEvents([a("hello")], { trigger: [], force: true })).rejects.toThrow("`trigger`");
  expect(summarizer.requests).toHaveLength(0);
});
