import {
  ConfigurationError,
  SessionSummarizer,
  type StructuredOptions,
  type StructuredSummary,
  SUMMARY_SCHEMA,
  structuredSummarizer,
} from "@sessionfold/core";
import { afterEach, expect, test } from "vitest";
import { marked, marker, markersIn } from "../support/chunks.ts";
import { fenced } from "../support/fenced.ts";
import { summarized, turns } from "../support/folds.ts";
import { type ModelServer, startModelServer, USAGE } from "../support/model-server.ts";
import { failure } from "../support/outcomes.ts";
import { RecordingModel } from "../support/recording-model.ts";
import { appendAll, decorated, KEY } from "../support/sessions.ts";

const RECORD: StructuredSummary = {
  decisions: ["Maya takes the seven o'clock ferry"],
  facts: ["A seat is 24 euros", "The ferry leaves from {pier} $& 3"],
  openTasks: [],
  entities: [{ name: "Bruno", what: "Maya's dog" }],
  preferences: ["No seat upstairs"],
};

const RENDERED = `Decisions:
- Maya takes the seven o'clock ferry
Facts:
- A seat is 24 euros
- The ferry leaves from {pier} $& 3
Entities:
- Bruno: Maya's dog
Preferences:
- No seat upstairs`;

const VALID = JSON.stringify(RECORD);
const INVALID = JSON.stringify({ ...RECORD, facts: "A seat is 24 euros" });

let server: ModelServer | undefined;

afterEach(async () => {
  await server?.close();
});

/** Folds twenty turns in a session with a structured summarizer whose model answers these in turn. */
async function fold<T = StructuredSummary>(answers: readonly string[], options: StructuredOptions<T> = {}) {
  server = await startModelServer(answers);
  const { requests, said } = server;
  const summarizer = structuredSummarizer(server.chat(), options);
  const { sessions, session } = await decorated({ mode: "manual", keep: { turns: 0 }, summarizer });
  await appendAll(sessions, session, turns(20));
  return { requests, said, sessions, session, outcome: await sessions.summarize(session, { force: true }) };
}

test("a valid record is kept as data and written as text", async () => {
  const { requests, said, sessions, outcome } = await fold([VALID]);
  const { summary } = summarized(outcome);
  expect(summary.text).toBe(RENDERED);
  expect(summary.metadata.record).toEqual(RECORD);
  expect(summary.model).toBe("gpt-4o-mini");
  expect(summary.usage).toEqual(USAGE);
  expect((await sessions.getSummary(KEY))?.metadata.record).toEqual(RECORD);
  // Schema and conversation are in the user's message, the rules apart in the system's.
  expect(requests).toHaveLength(1);
  expect(requests[0]?.messages.map(({ role }) => role)).toEqual(["system", "user"]);
  expect(said("user")).toContain("user: question 0\nagent: answer 0");
  const schema: unknown = JSON.parse(said("user").split("It must fit this JSON schema:\n")[1] ?? "");
  expect(schema).toMatchObject({ type: "object", required: Object.keys(RECORD) });
});

test("a record in a fenced block, or behind words, is read", async () => {
  for (const answer of [
    `\`\`\`json\n${JSON.stringify(RECORD, null, 2)}\n\`\`\``,
    `\`\`\`\n${VALID}\n\`\`\``,
    `Here is the record:\n\n\`\`\`json\n${VALID}\n\`\`\`\nLet me know if it helps.`,
    ` ${VALID}\n`,
  ]) {
    const { requests, outcome } = await fold([answer]);
    expect(summarized(outcome).summary.metadata.record).toEqual(RECORD);
    expect(requests).toHaveLength(1);
    await server?.close();
  }
});

test.each([
  ["what does not fit the schema", INVALID, "facts"],
  ["what is no JSON", '{"decisions": [', "JSON"],
  ["no object at all", "I cannot do that.", "no JSON object"],
])(
  "%s is repaired by a second call that is told what is wrong, and both calls are counted",
  async (_, answer, problem) => {
    const { requests, said, outcome } = await fold([answer, VALID]);
    const { summary } = summarized(outcome);
    expect(summary.text).toBe(RENDERED);
    expect(summary.metadata.record).toEqual(RECORD);
    expect(requests).toHaveLength(2);
    const [first, second] = requests;
    expect(second?.messages.slice(0, 2)).toEqual(first?.messages);
    expect(second?.messages.map(({ role }) => role)).toEqual(["system", "user", "assistant", "user"]);
    expect(second?.messages[2]?.content).toBe(answer);
    expect(second?.messages[3]?.content).toContain(problem);
    expect(said("system")).toBe(said("system", 0));
    expect(summary.usage).toEqual({ inputTokens: 2000, outputTokens: 20, totalTokens: 2020 });
  },
);

test("a record that is not valid the second time either is a failure, and nothing is committed", async () => {
  const { requests, sessions, outcome } = await fold([INVALID, INVALID, VALID]);
  const error = failure(outcome);
  expect(error.code).toBe("summarizer-failed");
  expect(String(error.cause)).toContain("facts");
  // What the model wrote is nobody's business but the caller's.
  expect(`${error.message} ${String(error.cause)}`).not.toContain("euros");
  expect(requests).toHaveLength(2);
  expect(await sessions.listSummaries(KEY)).toEqual([]);
  expect((await sessions.getSession(KEY))?.events).toHaveLength(40);
});

test("a record without content is an answer: a stretch of small talk holds nothing to record", async () => {
  const empty = { decisions: [], facts: [], openTasks: [], entities: [], preferences: [] };
  const { summary } = summarized((await fold([JSON.stringify(empty)])).outcome);
  expect(summary.text).toBe("Nothing to record.");
  expect(summary.metadata.record).toEqual(empty);
});

test("words with braces around the record, and thoughts before it, do not hide it", async () => {
  const answer = `<think>maybe {"decisions"} first</think> Here is the {record}:\n${VALID}\nI used the {schema}.`;
  const { requests, outcome } = await fold([answer]);
  expect(summarized(outcome).summary.metadata.record).toEqual(RECORD);
  expect(requests).toHaveLength(1);
});

test("the next fold gets the whole record, also what the text left out", async () => {
  const { said, sessions, session, outcome } = await fold([VALID, VALID], { render: () => "Minutes taken." });
  expect(summarized(outcome).summary.text).toBe("Minutes taken.");
  await appendAll(sessions, session, turns(20, 20));
  summarized(await sessions.summarize(session, { force: true }));
  expect(said("user")).toContain("The ferry leaves from {pier} $& 3");
});

test("the record so far is in the next prompt, once", async () => {
  const { said, sessions, session } = await fold([VALID]);
  await appendAll(sessions, session, turns(5, 20));
  summarized(await sessions.summarize(session, { force: true }));
  expect(fenced(said("user"), "record_so_far")).toBe(VALID);
  expect(said("user").split(VALID)).toHaveLength(2);
  expect(said("user")).not.toContain("question 19");
});

test("a schema, a renderer, a system prompt and a user of one's own", async () => {
  const schema = SUMMARY_SCHEMA.refine(({ decisions }) => decisions.length > 0).transform(
    ({ decisions, entities }) => ({ decided: decisions.length, who: entities.map(({ name }) => name) }),
  );
  const { requests, said, outcome } = await fold([JSON.stringify({ ...RECORD, decisions: [] }), VALID], {
    schema,
    render: ({ decided, who }) => `${decided} decided, with ${who.join(" and ")}`,
    systemPrompt: "You take the minutes for {user_name}.",
    userName: "Maya",
  });
  const { summary } = summarized(outcome);
  expect(requests).toHaveLength(2);
  expect(summary.text).toBe("1 decided, with Bruno");
  // The record is kept as JSON, as the model wrote it, so that any store can keep it.
  expect(summary.metadata.record).toEqual(RECORD);
  expect(said("system")).toBe("You take the minutes for Maya.");
});

test("a long input is read in parts, and the record is the one of the merge", async () => {
  const partOf = (at: number): StructuredSummary => ({ ...RECORD, facts: [`part from ${marker(at)}`] });
  server = await startModelServer(({ messages }) => {
    const prompt = messages.at(-1)?.content ?? "";
    if (prompt.includes("part from")) return VALID;
    return JSON.stringify(partOf(Number(markersIn(prompt)[0]?.slice(2, -1))));
  });
  const summarizer = structuredSummarizer(server.chat(), { maxInputTokens: 1000 });
  const sut = new SessionSummarizer({
    keep: { turns: 0 },
    maxSummaryLength: null,
    tokenCounter: (text) => text.length,
    summarizer,
  });
  const { summary } = summarized(await sut.summarizeEvents(marked(30, 99), { force: true }));
  expect(server.requests).toHaveLength(4);
  expect(markersIn(server.said("user"))).toEqual([marker(0), marker(10), marker(20)]);
  expect(summary.metadata.record).toEqual(RECORD);
  expect(summary.text).toBe(RENDERED);
  expect(summary.usage?.totalTokens).toBe(4 * USAGE.totalTokens);
});

test("options that cannot be used are refused at construction", () => {
  const model = new RecordingModel();
  const noSchema = { parse: () => ({}) } as unknown as typeof SUMMARY_SCHEMA;
  // As a schema of zod 3 looks from here: it checks, but nobody can tell what it asks for.
  const noJson = { safeParse: () => ({ success: true }) } as unknown as typeof SUMMARY_SCHEMA;
  const noObject = SUMMARY_SCHEMA.array() as unknown as typeof SUMMARY_SCHEMA;
  expect(() => structuredSummarizer(model, { schema: noObject })).toThrow(
    "Expected `schema` to be of an object",
  );
  expect(() => structuredSummarizer(model, { schema: noSchema })).toThrow(ConfigurationError);
  expect(() => structuredSummarizer(model, { systemPrompt: "{conversation_text}" })).toThrow(
    ConfigurationError,
  );
  expect(() => structuredSummarizer({} as unknown as RecordingModel)).toThrow(ConfigurationError);
  expect(() => structuredSummarizer(model, { schema: noJson })).toThrow(ConfigurationError);
});
