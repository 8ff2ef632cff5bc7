import { AIMessage, type BaseMessageLike, ToolMessage } from "@langchain/core/messages";
import {
  contextFraction,
  conversationThreshold,
  type EventInput,
  eventCountThreshold,
  importantContentThreshold,
  presets,
  renderTranscript,
  SessionSummarizer,
  type SessionSummarizerOptions,
  type Trigger,
  textThreshold,
  timeIntervalThreshold,
  tokenThreshold,
} from "@sessionfold/core";
import { expect, test } from "vitest";
import { a, call, numbered, res, u } from "../support/events.ts";
import { summarized } from "../support/folds.ts";
import { logged, skippedBecause } from "../support/outcomes.ts";
import { stubSummarizer } from "../support/stub-summarizer.ts";

/** The preset of the originals, and the defaults; both keep nothing, so that all is read. */
const PRESET: SessionSummarizerOptions = presets.trpcAgent({ keepEvents: 0 });
const PIPECAT: SessionSummarizerOptions = presets.pipecat({ minMessagesAfterSummary: 0 });
const DEFAULTS: SessionSummarizerOptions = { keep: { turns: 0 } };

/** The transcript that the summarizer is handed; throws when it is not called. */
async function handed(events: readonly EventInput[], options: SessionSummarizerOptions): Promise<string> {
  const summarizer = stubSummarizer();
  const outcome = await new SessionSummarizer({ ...options, summarizer }).summarizeEvents(numbered(events), {
    force: true,
  });
  summarized(outcome);
  expect(summarizer.requests).toHaveLength(1);
  return summarizer.requests[0]?.transcript ?? "";
}

async function expectTranscript(
  events: readonly EventInput[],
  expected: string,
  under: readonly SessionSummarizerOptions[] = [PRESET, DEFAULTS],
): Promise<void> {
  expect(renderTranscript(logged(events))).toBe(expected);
  for (const options of under) expect(await handed(events, options)).toBe(expected);
}

const partial = (text: string, author = "agent"): EventInput => a(text, { author, partial: true });

function occurrences(text: string, part: string): number {
  return text.split(part).length - 1;
}

test("TXT-01: user and agent lines are in the transcript", async () => {
  const events = [u("What is AI?"), a("AI is artificial intelligence.")];
  for (const text of [renderTranscript(logged(events)), await handed(events, PRESET)]) {
    expect(text).toContain("user: What is AI?");
    expect(text).toContain("agent: AI is artificial intelligence.");
    expect(text.indexOf("user:")).toBeLessThan(text.indexOf("agent:"));
  }
});

test("TXT-02: each line stands once", async () => {
  await expectTranscript([u("q"), a("a")], "user: q\nagent: a");
});

test("TXT-04: a final message takes the place of its streaming pieces", async () => {
  await expectTranscript([partial("hel"), partial("lo"), a("hello")], "agent: hello");
  // Pieces of another speaker, and pieces without a final message, stay.
  await expectTranscript([partial("hel"), partial("x", "other"), a("hello")], "other: x\nagent: hello", []);
});

test("TXT-06: interleaved pieces keep their speakers and their order", async () => {
  const events = [partial("1", "a"), partial("2", "b"), partial("3", "a")];
  await expectTranscript(events, "a: 1\nb: 2\na: 3", [PRESET]);
  // Pieces of one speaker in a row are one message.
  await expectTranscript([partial("1", "a"), partial("2", "a"), partial("3", "b")], "a: 12\nb: 3", [PRESET]);
});

test("TXT-07: a finished message is not repeated by a piece that follows", async () => {
  await expectTranscript([a("hello"), partial(" more")], "agent: hello\nagent: more");
});

test("TXT-11: a tool call with null arguments shows none", async () => {
  const nothing = [null, undefined].map((args) => args as unknown as Record<string, unknown>);
  for (const args of nothing) {
    const message = new AIMessage({ content: "", tool_calls: [{ id: "c1", name: "now", args }] });
    const events = [u("what time is it?"), { author: "agent", message }, res("c1", "noon"), a("It is noon.")];
    for (const text of [
      renderTranscript(logged(events)),
      await handed(events, PRESET),
      await handed(events, DEFAULTS),
    ]) {
      const [line = ""] = text.split("\n").filter((each) => each.includes("called"));
      expect(line).toBe("agent: called now {}");
      expect(text).not.toMatch(/none|null|undefined/i);
    }
  }
  // Arguments that are there are shown.
  expect(renderTranscript(logged([call("c7")]))).toBe('agent: called lookup {"of":"c7"}');
});

test("TXT-12: no events, no content and white space give no text", async () => {
  const silent: readonly (readonly EventInput[])[] = [
    [],
    [{ author: "agent" }],
    [a("")],
    [u(" \n\t ")],
    [partial("  ")],
  ];
  for (const events of silent) {
    expect(renderTranscript(logged(events))).toBe("");
    for (const options of [PRESET, DEFAULTS]) {
      const summarizer = stubSummarizer();
      const sut = new SessionSummarizer({ ...options, summarizer });
      const outcome = await sut.summarizeEvents(events, { force: true });
      expect(skippedBecause(outcome)).toBe("nothing-to-summarise");
      expect(summarizer.requests).toEqual([]);
    }
  }
  expect(renderTranscript(logged([{ author: "agent" }, u("  hi \n"), a(" ")]))).toBe("user: hi");
});

test("TXT-14: a skipped event is not in the transcript and no trigger counts it", async () => {
  const start = 1_700_000_000_000;
  const at = (seconds: number): { timestamp: number } => ({ timestamp: start + seconds * 1000 });
  const skip = { actions: { skipSummarization: true } };
  const plain = [u("keep me", at(10)), a("and me", at(20))];
  const skipped = [
    u("SECRET question of many words", { ...at(0), ...skip }),
    ...plain,
    u("SECRET and longer than anything else here", { ...at(15), ...skip }),
    a("SECRET answer", { ...at(16), ...skip }),
  ];
  for (const options of [PRESET, DEFAULTS]) {
    expect(await handed(skipped, options)).toBe("user: keep me\nagent: and me");
  }
  // A flag on one event of a tool round holds for the round.
  const round = [u("keep me"), call("c1"), res("c1", "SECRET", skip), a("and me")];
  for (const options of [PRESET, DEFAULTS]) {
    expect(await handed(round, options)).toBe("user: keep me\nagent: and me");
  }
  const triggers: readonly Trigger[] = [
    conversationThreshold(1),
    tokenThreshold(1),
    eventCountThreshold(1),
    textThreshold(1),
    importantContentThreshold(1),
    contextFraction(0.1, { fallbackWindow: 100 }),
    timeIntervalThreshold(1),
  ];
  const observed = async (events: readonly EventInput[], trigger: Trigger): Promise<number | undefined> => {
    const sut = new SessionSummarizer({
      trigger,
      keep: { turns: 0 },
      summarizer: stubSummarizer(),
      clock: () => start + 60_000,
    });
    return summarized(await sut.summarizeEvents(events)).explanation?.observed;
  };
  for (const trigger of triggers) {
    const without = await observed(plain, trigger);
    expect(without).toBeGreaterThan(0);
    expect(await observed(skipped, trigger)).toBe(without);
    // The same events without the flag do count: the comparison means something.
    const shown = skipped.map(({ actions: _, ...event }) => event);
    expect(await observed(shown, trigger)).toBeGreaterThan(without ?? Number.NaN);
  }
  // A session of skipped events alone is one without events.
  const summarizer = stubSummarizer();
  const sut = new SessionSummarizer({ trigger: () => true, keep: { turns: 0 }, summarizer });
  const outcome = await sut.summarizeEvents(skipped.filter((event) => event.actions !== undefined));
  expect(skippedBecause(outcome)).toBe("not-triggered");
  expect(summarizer.requests).toEqual([]);
});

test("TXT-16: reasoning is not in the transcript", async () => {
  const thoughts: readonly Record<string, unknown>[] = [
    { type: "reasoning", reasoning: "SECRET thought" },
    { type: "reasoning", text: "SECRET thought", summary: [{ type: "summary_text", text: "SECRET" }] },
    { type: "thinking", thinking: "SECRET thought", signature: "SECRET" },
    { type: "redacted_thinking", data: "SECRET" },
    { type: "reasoning_content", reasoningText: { text: "SECRET thought" } },
  ];
  for (const thought of thoughts) {
    const content = [thought as { type: string }, { type: "text", text: "Paris." }];
    const events = [
      u("capital of France?"),
      { author: "agent", message: new AIMessage({ content: [...content] }) },
    ];
    await expectTranscript(events, "user: capital of France?\nagent: Paris.");
    // A message of nothing but thought adds no line.
    const alone: EventInput = {
      author: "agent",
      message: new AIMessage({ content: [thought as { type: string }] }),
    };
    expect(renderTranscript(logged([u("hm"), alone]))).toBe("user: hm");
  }
  const kwargs = new AIMessage({
    content: "Paris.",
    additional_kwargs: { reasoning_content: "SECRET thought" },
  });
  await expectTranscript([{ author: "agent", message: kwargs }], "agent: Paris.");
});

test("TXT-19: a tool call and its result stand once, with the tool's name, and null content adds no line", async () => {
  const toolCall: BaseMessageLike = new AIMessage({
    content: null as unknown as string,
    tool_calls: [{ id: "c1", name: "weather", args: { city: "Rome" } }],
  });
  // The result itself does not tell the tool's name.
  const result = new ToolMessage({ content: "sunny, 31 degrees", tool_call_id: "c1" });
  const events: readonly EventInput[] = [
    u("weather in Rome?"),
    { author: "assistant", message: toolCall },
    { author: "tool", message: result },
    { author: "assistant", message: new AIMessage({ content: null as unknown as string }) },
    { author: "assistant", message: new AIMessage("Sunny.") },
  ];
  for (const text of [
    renderTranscript(logged(events)),
    await handed(events, PRESET),
    await handed(events, PIPECAT),
    await handed(events, DEFAULTS),
  ]) {
    const lines = text.split("\n");
    expect(lines).toHaveLength(4);
    expect(lines[0]).toBe("user: weather in Rome?");
    expect(lines[1]).toMatch(/weather.*Rome/);
    expect(lines[2]).toMatch(/weather.*sunny, 31 degrees/);
    expect(lines[3]).toBe("assistant: Sunny.");
    expect(occurrences(text, "sunny, 31 degrees")).toBe(1);
    expect(occurrences(text, '"city":"Rome"')).toBe(1);
    expect(text).not.toMatch(/none|null/i);
  }
});
