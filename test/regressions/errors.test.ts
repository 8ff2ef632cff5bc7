import { inspect } from "node:util";
import {
  ConfigurationError,
  createEvent,
  eventFromJson,
  InMemorySessionService,
  isSessionfoldError,
  type KeepPolicy,
  type SessionService,
  SessionSummarizer,
  type SessionSummarizerOptions,
  SessionSummary,
  type SummarizeOptions,
  type SummarizingSessionService,
  withSummaries,
} from "@sessionfold/core";
import { describe, expect, test } from "vitest";
import { u } from "../support/events.ts";
import { turns } from "../support/folds.ts";
import { failure } from "../support/outcomes.ts";
import { decorated, KEY } from "../support/sessions.ts";
import { stubSummarizer } from "../support/stub-summarizer.ts";

/** Hands in what the types forbid, as untyped callers do. */
function wrong<T>(value: unknown): T {
  return value as T;
}

async function thrownBy(work: () => unknown): Promise<unknown> {
  try {
    await work();
  } catch (error) {
    return error;
  }
  throw new Error("Expected an error");
}

/** Everything that a log could get to show of an error: texts, stacks, fields, and the same of all causes. */
function everythingIn(error: unknown): string {
  const parts: string[] = [];
  for (let at = error, depth = 0; at !== undefined && at !== null && depth < 10; depth++) {
    const { message, stack, cause } = at as { message?: unknown; stack?: unknown; cause?: unknown };
    parts.push(String(at), String(message), String(stack), inspect(at, { depth: 20, showHidden: true }));
    parts.push(JSON.stringify(at, Object.getOwnPropertyNames(at)) ?? "");
    at = cause;
  }
  return parts.join("\n");
}

const KEY_LIKE = "sk-live-4242424242";
const SAID = "the patient has a rare illness";

describe("no error tells a key or what was said", () => {
  const service = (): Promise<{ sessions: SummarizingSessionService }> =>
    decorated({ mode: "manual", summarizer: stubSummarizer() });
  const append = async (event: unknown): Promise<unknown> =>
    (await service()).sessions.appendEvent({ session: { ...KEY }, event: wrong(event) });

  test.each<[string, () => unknown]>([
    ["model", () => new SessionSummarizer({ model: wrong(KEY_LIKE) })],
    ["model of an object", () => new SessionSummarizer({ model: wrong({ apiKey: KEY_LIKE }) })],
    ["summarizer", () => new SessionSummarizer({ summarizer: wrong(KEY_LIKE) })],
    ["trigger", () => new SessionSummarizer({ trigger: wrong(KEY_LIKE) })],
    ["keep", () => new SessionSummarizer({ keep: wrong(KEY_LIKE) })],
    ["keep.turns", () => new SessionSummarizer({ keep: { turns: wrong(KEY_LIKE) } })],
    ["tokenCounter", () => new SessionSummarizer({ tokenCounter: wrong(KEY_LIKE) })],
    ["timeoutMs", () => new SessionSummarizer({ timeoutMs: wrong(KEY_LIKE) })],
    ["transcript", () => new SessionSummarizer({ transcript: wrong(KEY_LIKE) })],
    ["summaryMessage", () => new SessionSummarizer({ summaryMessage: wrong(KEY_LIKE) })],
    ["metadata", () => new SessionSummarizer({ metadata: wrong(KEY_LIKE) })],
    ["prompt", () => new SessionSummarizer({ prompt: `${SAID} ${KEY_LIKE}` })],
    ["options", () => new SessionSummarizer(wrong(KEY_LIKE))],
    ["inner service", () => withSummaries(wrong(KEY_LIKE))],
    ["service options", () => withSummaries(new InMemorySessionService(), wrong(KEY_LIKE))],
    ["onOutcome", () => withSummaries(new InMemorySessionService(), { onOutcome: wrong(KEY_LIKE) })],
    ["event", () => append(SAID)],
    ["event of a list", () => append([SAID])],
    ["message of garbage", () => append({ author: "user", message: { garbage: SAID } })],
    [
      "message of an unknown type",
      () => append({ author: "user", message: { type: "nonsense", content: SAID } }),
    ],
    [
      "message of an unknown role",
      () => append({ author: "user", message: { role: "nonsense", content: SAID } }),
    ],
    ["message of an odd pair", () => append({ author: "user", message: ["nonsense", SAID] })],
    ["message of a stored form", () => append({ message: { type: "nonsense", data: { content: SAID } } })],
    ["message of a number", () => append({ author: SAID, message: 5 })],
    ["actions", () => append({ ...u("x"), actions: SAID })],
    ["actions.summary", () => append({ ...u("x"), actions: { summary: SAID } })],
    ["actions.marks", () => append({ ...u("x"), actions: { marks: [{ kind: SAID, targets: [SAID] }] } })],
    ["a field of a message", () => append({ author: "user", message: { [`${KEY_LIKE} of a user`]: 1 } })],
    ["a field among others", () => append({ author: "user", message: { text: 1, [KEY_LIKE]: 1 } })],
    ["a field as an option", () => new SessionSummarizer(wrong({ [KEY_LIKE]: 1, [SAID]: 2 }))],
    ["a field of an option", () => new SessionSummarizer({ keep: wrong({ [SAID]: 1 }) })],
    ["timestamp", () => append({ ...u("x"), timestamp: SAID })],
    ["branch", () => append({ ...u("x"), branch: { path: SAID } })],
    ["stored event", () => eventFromJson({ seq: SAID, message: { type: "human", content: SAID } })],
    ["stored event without id", () => eventFromJson({ seq: 1, message: { type: "human", content: SAID } })],
    ["a summary's record", () => SessionSummary.fromJSON({ text: 5, id: "S", sessionId: { said: SAID } })],
    ["summarizeEvents", () => new SessionSummarizer().summarizeEvents(wrong(SAID))],
    ["summarizeEvents of texts", () => new SessionSummarizer().summarizeEvents(wrong([SAID]))],
    [
      "session",
      async () => (await service()).sessions.getSession(wrong({ ...KEY, sessionId: { said: SAID } })),
    ],
    ["limit", async () => (await service()).sessions.search(KEY, { text: SAID, limit: wrong(SAID) })],
    ["before", async () => (await service()).sessions.prune(KEY, { before: wrong(SAID) })],
  ])("%s", async (_, work) => {
    const error = await thrownBy(work);
    expect(isSessionfoldError(error)).toBe(true);
    const told = everythingIn(error);
    expect(told).not.toContain(KEY_LIKE);
    expect(told).not.toContain(SAID);
  });
});

test.each<[string, SessionSummarizerOptions]>([
  ["a hook before", { hooks: { before: () => wrong({ events: { [KEY_LIKE]: 1 } }) } }],
  ["a hook after", { hooks: { after: () => wrong({ text: { [SAID]: 1 } }) } }],
  ["a redaction", { redact: (text) => wrong({ [`${text} ${KEY_LIKE}`]: 1 }) }],
  ["a trigger", { trigger: () => wrong({ [KEY_LIKE]: 1 }) }],
])("nor what %s returns", async (_, options) => {
  const summarizer = new SessionSummarizer({ keep: { turns: 1 }, ...options });
  const events = [...turns(2), u(SAID)];
  const force = options.trigger === undefined;
  const outcome = await summarizer.summarizeEvents([...turns(3), ...events], { force });
  const told = everythingIn(failure(outcome));
  expect(told).not.toContain(KEY_LIKE);
  expect(told).not.toContain(SAID);
});

test("the fields of what came instead are told where they are names", () => {
  const keep = wrong<KeepPolicy>({ turn: 1, tokens_: 2, [SAID]: 3 });
  expect(() => new SessionSummarizer({ trigger: wrong({ when: 1, what: 2 }) })).toThrow("when, what");
  expect(() => new SessionSummarizer({ trigger: wrong({ when: 1, [SAID]: 2 }) })).toThrow("2 fields");
  expect(() => new SessionSummarizer({ keep })).toThrow(ConfigurationError);
});

describe("unclear inputs are told by the name of what is wrong", () => {
  const options = { mode: "manual", summarizer: stubSummarizer() } as const;
  const make = (given: unknown): unknown => new SessionSummarizer(wrong(given));
  const on =
    (work: (sessions: SummarizingSessionService) => unknown): (() => Promise<unknown>) =>
    async () =>
      work((await decorated(options)).sessions);
  const { getSession: _, ...withoutGet } = {
    createSession: async () => {},
    getSession: async () => null,
    listSessions: async () => {},
    deleteSession: async () => {},
    appendEvent: async () => {},
  };

  test.each<[string, () => unknown, string]>([
    ["appendEvent()", on((sessions) => sessions.appendEvent(wrong(undefined))), "`request`"],
    [
      "appendEvent() of the store",
      () => new InMemorySessionService().appendEvent(wrong(undefined)),
      "`request`",
    ],
    ["appendEvent({ event })", on((sessions) => sessions.appendEvent(wrong({ event: u("x") }))), "`session`"],
    ["appendEvent({ session })", on((sessions) => sessions.appendEvent(wrong({ session: KEY }))), "`event`"],
    ["getSession(undefined)", on((sessions) => sessions.getSession(wrong(undefined))), "`request`"],
    ["createSession(undefined)", on((sessions) => sessions.createSession(wrong(undefined))), "`request`"],
    ["listSessions(undefined)", on((sessions) => sessions.listSessions(wrong(undefined))), "`request`"],
    ["deleteSession(undefined)", on((sessions) => sessions.deleteSession(wrong(undefined))), "`session`"],
    [
      "getSession with another view",
      on((sessions) => sessions.getSession(wrong({ ...KEY, view: "all" }))),
      "`view`",
    ],
    ["summarize(key, null)", on((sessions) => sessions.summarize(KEY, wrong(null))), "`options`"],
    ["summarize(undefined)", on((sessions) => sessions.summarize(wrong(undefined))), "`session`"],
    ["getSummary(key, null)", on((sessions) => sessions.getSummary(KEY, wrong(null))), "`options`"],
    ["mark(key, null)", on((sessions) => sessions.mark(KEY, wrong(null))), "`request`"],
    ["mark(key, { burn })", on((sessions) => sessions.mark(KEY, wrong({ burn: "e1" }))), "`burn`"],
    ["search(key, null)", on((sessions) => sessions.search(KEY, wrong(null))), "`query`"],
    ["search(key, { text: 5 })", on((sessions) => sessions.search(KEY, wrong({ text: 5 }))), "`query`"],
    ["prune({ before: 'x' })", on((sessions) => sessions.prune(KEY, { before: wrong("x") })), "`before`"],
    ["prune({ foo: 1 })", on((sessions) => sessions.prune(KEY, wrong({ foo: 1 }))), "`foo`"],
    ["prune(key, null)", on((sessions) => sessions.prune(KEY, wrong(null))), "`options`"],
    ["summarizeEvents(null)", on((sessions) => sessions.summarizeEvents(wrong(null))), "`events`"],
    ["summarizeEvents([null])", on((sessions) => sessions.summarizeEvents(wrong([null]))), "`event`"],
    ["scope 5", on((sessions) => sessions.summarize(KEY, { scope: wrong(5) })), "`scope`"],
    ["scope ''", on((sessions) => sessions.summarize(KEY, { scope: "" })), "`scope`"],
    ["force 1", on((sessions) => sessions.summarize(KEY, { force: wrong(1) })), "`force`"],
    ["an unknown override", on((sessions) => sessions.summarize(KEY, wrong({ foo: 1 }))), "`foo`"],
    ["a service that is null", () => withSummaries(wrong(null)), "`createSession`"],
    ["a service without getSession", () => withSummaries(wrong<SessionService>(withoutGet)), "`getSession`"],
    ["service options 5", () => withSummaries(new InMemorySessionService(), wrong(5)), "`options`"],
    ["service options null", () => withSummaries(new InMemorySessionService(), wrong(null)), "`options`"],
    ["options 5", () => make(5), "`options`"],
    ["transcript 5", () => make({ transcript: 5 }), "`transcript`"],
    ["transcript.speaker 5", () => make({ transcript: { speaker: 5 } }), "`transcript.speaker`"],
    ["summaryMessage 5", () => make({ summaryMessage: 5 }), "`summaryMessage`"],
    [
      "template and format",
      () => make({ summaryMessage: { template: "{summary}", format: () => "x" } }),
      "`summaryMessage.template`",
    ],
  ])("%s", async (_, work, named) => {
    const error = await thrownBy(work);
    expect(isSessionfoldError(error)).toBe(true);
    expect(String(error)).toContain(named);
  });

  test.each([{}, null, 5, { addEventListener: () => {}, aborted: false }])(
    "the signal %j",
    async (signal) => {
      const given: SummarizeOptions = { force: true, signal: wrong(signal) };
      const { sessions } = await decorated(options);
      for (const work of [
        () => sessions.summarize(KEY, given),
        () => new SessionSummarizer().summarizeEvents([u("x")], given),
      ]) {
        const error = await thrownBy(work);
        expect(error).toBeInstanceOf(ConfigurationError);
        expect(String(error)).toContain("`signal`");
      }
    },
  );

  test("a wrong event is told by the field", () => {
    expect(() => createEvent(wrong({ ...u("x"), author: 5 }), 0, () => 0)).toThrow("event.author");
    expect(() => createEvent(wrong({ ...u("x"), id: 5 }), 0, () => 0)).toThrow("event.id");
  });
});
