import { AIMessage, HumanMessage, ToolMessage } from "@langchain/core/messages";
import {
  type AfterSummarize,
  type BeforeSummarize,
  extractive,
  redactSecrets,
  type SummarizeHooks,
  type SummarizerRequest,
  structuredSummarizer,
  type WithSummariesOptions,
} from "@sessionfold/core";
import { expect, test } from "vitest";
import { a, u } from "../support/events.ts";
import { fenced } from "../support/fenced.ts";
import { summarized, turns } from "../support/folds.ts";
import * as play from "../support/model-server.ts";
import { modelSession, playing } from "../support/model-session.ts";
import { failure } from "../support/outcomes.ts";
import { appendAll, KEY } from "../support/sessions.ts";
import { stubSummarizer } from "../support/stub-summarizer.ts";

const force = { force: true } as const;
const SECRET = "tulip-4711";
const GONE = "[code]";
const redact = (text: string): string => text.replaceAll(SECRET, GONE);

/** The secret at every place of a conversation where somebody could say it. */
const secretive = [
  {
    author: `user ${SECRET}`,
    message: new HumanMessage({ content: `Text ${SECRET}.`, name: `name-${SECRET}` }),
  },
  { author: "agent", message: new AIMessage({ content: [{ type: "text", text: `Block ${SECRET}.` }] }) },
  u(`Second ${SECRET} question.`),
  {
    author: "agent",
    branch: `branch.${SECRET}`,
    message: new AIMessage({
      content: "",
      tool_calls: [{ id: "c1", name: `tool-${SECRET}`, args: { deep: [{ code: SECRET }] } }],
    }),
  },
  {
    author: "tool",
    message: new ToolMessage({ content: `Result ${SECRET}.`, tool_call_id: "c1", name: `tool-${SECRET}` }),
  },
  a(`Answer with ${SECRET}, as it was asked for.`),
  ...turns(2),
];

/** All that somebody was handed, as one text. */
const seenIn = (...things: readonly unknown[]): string =>
  JSON.stringify(things, (_, value: unknown) => (value instanceof AbortSignal ? undefined : value));

/** A session whose log keeps what was said, whatever a fold of it shows to others. */
async function folded(options: WithSummariesOptions) {
  const made = await modelSession({ redact, ...options }, secretive);
  const before = (await made.sessions.getSession({ ...KEY, view: "full" }))?.events ?? [];
  const { summary } = summarized(await made.sessions.summarize(KEY, force));
  const after = (await made.sessions.getSession({ ...KEY, view: "full" }))?.events ?? [];
  expect(after.slice(0, -1)).toEqual(before);
  expect(seenIn(before)).toContain(SECRET);
  expect(await made.sessions.unfold(KEY, summary.id)).toEqual(before.slice(0, -2));
  expect(seenIn(summary, after.at(-1))).not.toContain(SECRET);
  return { ...made, summary };
}

test("no request holds it: texts, blocks, calls, results, names; the answer's is taken out, too", async () => {
  const server = await playing([`The user's code is ${SECRET}.`]);
  const { summary } = await folded({ model: server.chat() });
  expect(summary.text).toBe(`The user's code is ${GONE}.`);
  expect(server.calls.map(({ raw }) => raw).join("\n")).not.toContain(SECRET);
  const read = fenced(server.said("user"), "new_part_of_the_conversation");
  for (const place of ["Text", "Block", "Second", "Result", "Answer with"])
    expect(read).toContain(`${place} ${GONE}`);
  expect(read.split(GONE).length).toBeGreaterThan(8);
});

test("a summarizer is handed none of it, at any place of its request", async () => {
  const requests: SummarizerRequest[] = [];
  const summarizer = stubSummarizer((request) => {
    requests.push(request);
    return { text: `Code ${SECRET}.`, metadata: { deep: [{ code: SECRET }], type: "kept" } };
  });
  const { sessions, session, summary } = await folded({ summarizer });
  expect(summary.text).toBe(`Code ${GONE}.`);
  expect(summary.metadata).toMatchObject({ deep: [{ code: GONE }], type: "kept" });
  await appendAll(sessions, session, turns(3, 5));
  summarized(await sessions.summarize(KEY, force));
  expect(requests[1]?.history()).toHaveLength(8);
  for (const { events, previous, history, transcript, blocks } of requests)
    expect(seenIn(events, previous, history(), transcript, blocks)).not.toContain(SECRET);
});

test("a summary that was written before is redacted when it is read again", async () => {
  const server = await playing([`Code ${SECRET}.`, "Second."]);
  const hooked: BeforeSummarize[] = [];
  const { sessions, session } = await modelSession(
    { model: server.chat(), metadata: { note: SECRET } },
    secretive,
  );
  summarized(await sessions.summarize(KEY, force));
  expect((await sessions.getSummary(KEY))?.text).toBe(`Code ${SECRET}.`);
  await appendAll(sessions, session, turns(3, 5));
  const hooks: SummarizeHooks = { before: (input) => void hooked.push(input) };
  const given = { ...force, redact, hooks, metadata: {} };
  const { summary } = summarized(await sessions.summarize(KEY, given));
  expect(fenced(server.said("user"), "memory_so_far")).toBe(`Code ${GONE}.`);
  expect(server.calls[1]?.raw).not.toContain(SECRET);
  expect(hooked[0]?.previous).toHaveLength(1);
  expect(seenIn(hooked)).not.toContain(SECRET);
  // The place of the one before is taken all the same.
  expect(summary.coverage.replaces).toHaveLength(1);
});

test("hooks see none of it, and what they bring in goes through it as well", async () => {
  const seen: (BeforeSummarize | AfterSummarize)[] = [];
  for (const edit of [
    { text: `Edited ${SECRET} text, with some more words.` },
    { events: [u(`Edited ${SECRET} event.`)] },
  ]) {
    const server = await playing(["Short."]);
    const hooks: SummarizeHooks = {
      before: (input) => {
        seen.push(input);
        return edit;
      },
      after: (input) => {
        seen.push(input);
        return { text: `After ${SECRET}.`, metadata: { note: SECRET } };
      },
    };
    const { summary } = await folded({ model: server.chat(), hooks });
    expect(server.calls[0]?.raw).not.toContain(SECRET);
    expect(fenced(server.said("user"), "new_part_of_the_conversation")).toContain(`Edited ${GONE}`);
    expect(summary.text).toBe(`After ${GONE}.`);
    expect(summary.metadata.note).toBe(GONE);
  }
  expect(seen).toHaveLength(4);
  expect(seenIn(seen)).not.toContain(SECRET);
});

test("a structured record holds none of it, nor does the one that is handed on", async () => {
  const record = {
    decisions: [`Code ${SECRET}`],
    facts: [],
    openTasks: [],
    entities: [],
    preferences: [SECRET],
  };
  const server = await playing([JSON.stringify(record)]);
  const { sessions, session, summary } = await folded({ summarizer: structuredSummarizer(server.chat()) });
  expect(summary.metadata.record).toMatchObject({ decisions: [`Code ${GONE}`], preferences: [GONE] });
  await appendAll(sessions, session, turns(3, 5));
  summarized(await sessions.summarize(KEY, force));
  expect(fenced(server.said("user"), "record_so_far")).toContain(`Code ${GONE}`);
  expect(server.calls.map(({ raw }) => raw).join("\n")).not.toContain(SECRET);
});

test("the extract and the fallbacks read none of it, also when they read raw events again", async () => {
  const server = await playing([play.badRequest()]);
  for (const options of [{ summarizer: extractive() }, { model: server.chat(), fallback: extractive() }]) {
    const { sessions, session } = await folded({ ...options, maxSummaryLength: 5000 });
    for (let at = 0; at < 3; at++) {
      await appendAll(sessions, session, turns(3, 10 * (at + 1)));
      const { summary } = summarized(await sessions.summarize(KEY, force));
      expect(seenIn(summary)).not.toContain(SECRET);
      expect(summary.text).toContain(GONE);
    }
  }
  expect(server.calls.map(({ raw }) => raw).join("\n")).not.toContain(SECRET);
});

test("parts of a long conversation are redacted before they are cut, so no cut goes through a secret", async () => {
  const server = await playing(["A part."]);
  const long = Array.from({ length: 50 }, (_, at) =>
    u(`${"word ".repeat(at)}${SECRET} ${"more ".repeat(50)}`),
  );
  const { sessions } = await modelSession(
    { model: server.chat(), redact, maxInputTokens: 40, keep: { turns: 0 }, maxSummaryLength: null },
    [...long, a("Enough.")],
  );
  summarized(await sessions.summarize(KEY, force));
  const sent = server.calls.map(({ raw }) => raw).join("\n");
  expect(server.requests.length).toBeGreaterThan(20);
  expect(sent).not.toContain("tulip");
  expect(sent).not.toContain("4711");
});

test.each([
  [
    "throws",
    () => {
      throw new Error("no pattern");
    },
  ],
  ["returns what is no text", () => undefined as unknown as string],
  ["returns a promise", (async (text: string) => text) as unknown as (text: string) => string],
])("a redaction that %s sends nothing and leaves no trace", async (_, broken) => {
  const server = await playing(["Never."]);
  const { sessions, expectUntouched } = await modelSession(
    { model: server.chat(), redact: broken },
    turns(4),
  );
  const error = failure(await sessions.summarize(KEY, force));
  expect(error).toMatchObject({ code: "summarizer-failed", transient: false });
  expect(error.message).toContain("`redact`");
  expect(server.requests).toHaveLength(0);
  await expectUntouched();
});

test("a redaction that fails at the answer alone commits nothing", async () => {
  const server = await playing(["The answer."]);
  const { sessions, expectUntouched } = await modelSession({
    model: server.chat(),
    redact: (text) => {
      if (text === "The answer.") throw new Error("no");
      return text;
    },
  });
  expect(failure(await sessions.summarize(KEY, force)).message).toContain("`redact`");
  expect(server.requests).toHaveLength(1);
  await expectUntouched();
});

test("redactSecrets takes keys and passwords out of what leaves", async () => {
  const key = `sk-${"proj"}-${"aB3dE5gH7jK9mN1pQ3sT5vW7yZ".repeat(2)}`;
  const server = await playing([`The key is ${key}.`]);
  const events = [
    u(`OPENAI_API_KEY=${key}`),
    a("I have it."),
    u(`password: "Hunter2!Hunter2"`),
    a("Noted."),
    ...turns(2),
  ];
  const { sessions } = await modelSession({ model: server.chat(), redact: redactSecrets() }, events);
  const { summary } = summarized(await sessions.summarize(KEY, force));
  expect(server.calls[0]?.raw).not.toContain(key);
  expect(server.calls[0]?.raw).not.toContain("Hunter2");
  expect(summary.text).not.toContain(key);
});
