import { AIMessage, ToolMessage } from "@langchain/core/messages";
import { type EventInput, redactSecrets, SessionSummarizer } from "@sessionfold/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { a, u } from "../support/events.ts";
import { summarized } from "../support/folds.ts";
import { type ModelServer, startModelServer } from "../support/model-server.ts";
import { PLACES, planted } from "../support/planted.ts";
import { appendAll, decorated, KEY } from "../support/sessions.ts";

/** In pieces, so that no scanner of this repository takes it for a real one. */
const SECRET = ["gh", "p_", "a1B2".repeat(9)].join("");
const MARKER = "[redacted: github-token]";
/** In a name the marker has no colon, as nothing in one has that a reader could take for the name's end. */
const MARKED = /\[redacted:? github-token\]/;
const redact = redactSecrets();

let answer = "";
let server: ModelServer;

beforeAll(async () => {
  server = await startModelServer(() => answer);
});

afterAll(() => server.close());

test.each(PLACES)("a secret as %s reaches no model, and stays in the log", async (place) => {
  const { sessions, session } = await decorated({
    mode: "manual",
    model: server.chat(),
    keep: { turns: 0 },
    redact,
  });
  await appendAll(sessions, session, planted(place, `before ${SECRET} after`));
  answer = "A summary.";
  const { summary } = summarized(await sessions.summarize(session, { force: true }));
  expect(JSON.stringify(server.requests.at(-1))).not.toContain(SECRET);
  // The id of a call is no text for a model: a transcript has none.
  if (place !== "call id") expect(server.said("user")).toMatch(MARKED);
  const unfolded = await sessions.unfold(session, summary.id);
  const { events = [] } = (await sessions.getSession({ ...KEY, view: "full" })) ?? {};
  expect(JSON.stringify([...unfolded, ...events])).toContain(SECRET);
});

test("hooks see what is read and written as the model does: no hook is shown a secret", async () => {
  const seen: string[] = [];
  const summarizer = new SessionSummarizer({
    model: server.chat(),
    keep: { turns: 0 },
    redact,
    hooks: {
      before: (input) => void seen.push(JSON.stringify(input)),
      after: (input) => void seen.push(JSON.stringify(input)),
    },
  });
  answer = `They use ${SECRET}.`;
  const events = planted("tool result", `before ${SECRET} after`);
  summarized(await summarizer.summarizeEvents(events, { force: true }));
  expect(seen).toHaveLength(2);
  for (const input of seen) {
    expect(input).not.toContain(SECRET);
    expect(input).toContain(MARKER);
  }
});

test("a secret that the model makes up or repeats is not written, nor read again", async () => {
  const { sessions, session } = await decorated({
    mode: "manual",
    model: server.chat(),
    keep: { turns: 0 },
    redact,
  });
  const talk = "We talked at length about the deployment and its many steps. ".repeat(5);
  await appendAll(sessions, session, [u(talk), a("Yes."), u("And?")]);
  answer = `They use ${SECRET}.`;
  const { summary } = summarized(await sessions.summarize(session, { force: true }));
  expect(summary.text).toBe(`They use ${MARKER}.`);
  await appendAll(sessions, session, [a("So."), u(talk), a("Fine."), u("Bye")]);
  answer = "Later.";
  summarized(await sessions.summarize(session, { force: true }));
  expect(server.said("user")).toContain(`They use ${MARKER}.`);
});

test("a summary that was written before redaction was switched on is read redacted", async () => {
  const { sessions, session } = await decorated({ mode: "manual", model: server.chat(), keep: { turns: 0 } });
  const talk = "We talked at length about the deployment and its many steps. ".repeat(5);
  await appendAll(sessions, session, [u(talk), a("Yes."), u("And?")]);
  answer = `They use ${SECRET}.`;
  summarized(await sessions.summarize(session, { force: true }));
  await appendAll(sessions, session, [a("So."), u(talk), a("Fine."), u("Bye")]);
  answer = "Later.";
  summarized(await sessions.summarize(session, { force: true, redact }));
  expect(server.said("user")).toContain(`They use ${MARKER}.`);
  expect(server.said("user")).not.toContain(SECRET);
});

test.each(PLACES)("a secret as %s is in no extract", async (place) => {
  const summarizer = new SessionSummarizer({ keep: { turns: 0 }, redact, targetTokens: 5000 });
  const { summary } = summarized(await summarizer.summarizeEvents(planted(place, SECRET), { force: true }));
  expect(JSON.stringify(summary)).not.toContain(SECRET);
});

/** A value that is a secret by its key alone. */
const KEYED: readonly EventInput[] = [
  u("Log in."),
  {
    author: "agent",
    message: new AIMessage({
      content: "",
      tool_calls: [
        {
          id: "c1",
          name: "login",
          args: { user: "dana", password: "swordfish7", nested: { api_key: "k3y9x2q7w5m1" } },
        },
      ],
    }),
  },
  {
    author: "tool",
    message: new ToolMessage({
      content: '{"session_token":"t0k3n4u5x7y9z1"}',
      tool_call_id: "c1",
      name: "login",
    }),
  },
  a("You are in."),
  u("Good."),
];

test("what is a secret by the name of its argument is seen with that name", async () => {
  answer = "A summary.";
  const summarizer = new SessionSummarizer({ model: server.chat(), keep: { turns: 0 }, redact });
  summarized(await summarizer.summarizeEvents(KEYED, { force: true }));
  for (const secret of ["swordfish7", "k3y9x2q7w5m1", "t0k3n4u5x7y9z1"])
    expect(server.said("user")).not.toContain(secret);
  expect(server.said("user")).toContain("dana");
});

test("and in an extract", async () => {
  const summarizer = new SessionSummarizer({ keep: { turns: 0 }, redact, targetTokens: 5000 });
  const { summary } = summarized(await summarizer.summarizeEvents(KEYED, { force: true }));
  for (const secret of ["swordfish7", "k3y9x2q7w5m1", "t0k3n4u5x7y9z1"])
    expect(summary.text).not.toContain(secret);
});
