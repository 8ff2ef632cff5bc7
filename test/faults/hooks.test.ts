import { AIMessage, HumanMessage } from "@langchain/core/messages";
import {
  type AfterSummarize,
  type BeforeSummarize,
  extractive,
  type SessionEvent,
  type SummarizeHooks,
} from "@sessionfold/core";
import { describe, expect, test } from "vitest";
import { a, call, numbered, res, u } from "../support/events.ts";
import { fenced } from "../support/fenced.ts";
import { summarized, turns } from "../support/folds.ts";
import * as play from "../support/model-server.ts";
import { modelSession, playing } from "../support/model-session.ts";
import { skippedBecause } from "../support/outcomes.ts";
import { appendAll, KEY } from "../support/sessions.ts";
import { stubSummarizer } from "../support/stub-summarizer.ts";

const force = { force: true } as const;
const SECRET = "tulip-4711";
const conversation = "new_part_of_the_conversation";

/** A conversation with a secret in a message, a call, and a result. */
const secretive = [
  u(`My vault code is ${SECRET}, please keep it in mind for later.`),
  a("I shall remember the vault code for you."),
  u("Now look the weather up in Lisbon."),
  call("c1", {
    message: new AIMessage({ content: "", tool_calls: [{ id: "c1", name: "look", args: { SECRET } }] }),
  }),
  res("c1", `Sunny in Lisbon, says ${SECRET}.`),
  a("It is sunny in Lisbon today."),
  ...turns(2),
];

const cleaned = (events: readonly SessionEvent[]) =>
  events.map(({ author, message }) => ({
    author,
    message: new HumanMessage((message?.text ?? "").replaceAll(SECRET, "[code]")),
  }));

describe("before", () => {
  test("other events are written as text again; the summary covers the session's own", async () => {
    const server = await playing(["Written."]);
    const hooks: SummarizeHooks = {
      before: ({ events }) => ({ events: [...cleaned(events).slice(0, 2), u("A remark of the hook.")] }),
    };
    const { sessions, ids } = await modelSession({ model: server.chat(), hooks }, numbered(secretive));
    const before = await sessions.getSession({ ...KEY, view: "full" });
    const { summary } = summarized(await sessions.summarize(KEY, force));
    expect(fenced(server.said("user"), conversation)).toBe(
      "user: My vault code is [code], please keep it in mind for later.\n" +
        "agent: I shall remember the vault code for you.\nuser: A remark of the hook.",
    );
    expect(summary.coverage.direct).toEqual(ids.slice(0, -2));
    const after = (await sessions.getSession({ ...KEY, view: "full" }))?.events ?? [];
    expect(after.slice(0, -1)).toEqual(before?.events);
    expect(await sessions.unfold(KEY, summary.id)).toEqual(before?.events.slice(0, -2));
  });

  test("a text is read as it is, by the fallback as well", async () => {
    const server = await playing([play.badRequest()]);
    const seen: string[] = [];
    const fallback = stubSummarizer(({ transcript, blocks, events }) => {
      seen.push(transcript, ...blocks, ...events.map(({ message }) => message?.text ?? ""));
      return "By the fallback.";
    });
    const text = "Only this: a code was given, and the weather was asked for.";
    const { sessions } = await modelSession(
      { model: server.chat(), fallback, hooks: { before: () => ({ text }) } },
      secretive,
    );
    summarized(await sessions.summarize(KEY, force));
    expect(fenced(server.said("user"), conversation)).toBe(text);
    expect(seen).toEqual([text, text, text]);
  });

  test("text without anything to read asks nobody", async () => {
    const server = await playing(["Never."]);
    for (const edit of [{ text: " \n" }, { events: [] }, { events: [a(" ")] }]) {
      const { sessions, expectUntouched } = await modelSession({
        model: server.chat(),
        hooks: { before: () => edit },
      });
      expect(skippedBecause(await sessions.summarize(KEY, force))).toBe("nothing-to-summarise");
      await expectUntouched();
    }
    expect(server.requests).toHaveLength(0);
  });

  test("it is told the session, the scope, the text, and the summaries whose place is taken", async () => {
    const seen: BeforeSummarize[] = [];
    const after: AfterSummarize[] = [];
    const { sessions, session } = await modelSession({
      summarizer: stubSummarizer("Gist."),
      hooks: { before: (input) => void seen.push(input), after: (input) => void after.push(input) },
    });
    const first = summarized(await sessions.summarize(KEY, { ...force, scope: "agent" })).summary;
    await appendAll(sessions, session, turns(3, 4));
    summarized(await sessions.summarize(KEY, { ...force, scope: "agent" }));
    expect(seen).toMatchObject([
      { sessionId: KEY.sessionId, scope: "agent", previous: [] },
      { sessionId: KEY.sessionId, scope: "agent", previous: [first] },
    ]);
    expect(seen[0]?.text).toBe("agent: answer 0\nagent: answer 1\nagent: answer 2");
    expect(after).toMatchObject([{ text: "Gist." }, { text: "Gist.", previous: [first] }]);
    expect(seen.every(({ signal }) => !signal.aborted)).toBe(true);
  });

  test.each(["text", "events"] as const)(
    "%s takes the place of the raw words for extractive(), too, which reads them nowhere else",
    async (field) => {
      // The hook edits what needs it and returns nothing else, as one that redacts would.
      const before = ({ events, text }: BeforeSummarize) => {
        if (!text.includes(SECRET)) return undefined;
        return field === "text" ? { text: text.replaceAll(SECRET, "[code]") } : { events: cleaned(events) };
      };
      for (const strategy of ["rolling", "blocks", "independent", "whole"] as const) {
        const options = { summarizer: extractive(), strategy, blockLimit: 2, hooks: { before } };
        const { sessions, session } = await modelSession(options, secretive);
        const texts: string[] = [];
        for (let at = 0; at < 4; at++) {
          const { summary } = summarized(await sessions.summarize(KEY, { ...force, maxSummaryLength: 5000 }));
          texts.push(summary.text, JSON.stringify(summary.metadata));
          await appendAll(sessions, session, turns(3, 10 * (at + 1)));
        }
        expect(texts.join("\n")).not.toContain(SECRET);
        expect(texts[0]).toContain("vault code");
      }
    },
  );
});

describe("after", () => {
  test("text, metadata, both or nothing", async () => {
    const server = await playing(["Written."]);
    const options = { model: server.chat(), metadata: { of: "options", kept: true } };
    for (const [edit, text, metadata] of [
      [undefined, "Written.", { of: "options", kept: true }],
      [{}, "Written.", { of: "options", kept: true }],
      [{ text: "  Edited. " }, "Edited.", { of: "options", kept: true }],
      [{ metadata: { of: "hook", checked: [1] } }, "Written.", { of: "hook", kept: true, checked: [1] }],
      [{ text: "Edited.", metadata: { a: 1 }, veto: false }, "Edited.", { of: "options", kept: true, a: 1 }],
    ] as const) {
      const { sessions } = await modelSession({ ...options, hooks: { after: async () => edit } });
      summarized(await sessions.summarize(KEY, force));
      expect(await sessions.getSummary(KEY)).toMatchObject({ text, metadata });
    }
  });

  test("metadata of the hook comes before the summarizer's, and that before the options'", async () => {
    const summarizer = stubSummarizer(() => ({ text: "SUM", metadata: { a: "model", b: "model" } }));
    const metadata = { a: "options", b: "options", c: "options" };
    const hooks = { after: () => ({ metadata: { a: "hook" } }) };
    const { sessions } = await modelSession({ summarizer, metadata, hooks });
    const { summary } = summarized(await sessions.summarize(KEY, force));
    expect(summary.metadata).toEqual({ a: "hook", b: "model", c: "options" });
  });

  test("an edited text is cut to its limit like any other", async () => {
    const hooks = { after: () => ({ text: "One sentence. And another one that is too long." }) };
    const { sessions } = await modelSession({ summarizer: stubSummarizer(), hooks, maxSummaryLength: 30 });
    expect(summarized(await sessions.summarize(KEY, force)).summary.text).toMatch(
      /^One sentence. And .{0,15}\.\.\.$/,
    );
  });

  test("a veto is no failure, and leaves no trace", async () => {
    const server = await playing(["Written."]);
    const hooks = { after: () => ({ veto: true, text: "Edited.", metadata: { a: 1 } }) };
    const { sessions, expectUntouched } = await modelSession({ model: server.chat(), hooks });
    expect(skippedBecause(await sessions.summarize(KEY, force))).toBe("vetoed");
    await expectUntouched();
    // It counts for no breaker either.
    for (let at = 0; at < 6; at++)
      expect(skippedBecause(await sessions.summarize(KEY, force))).toBe("vetoed");
  });
});

test("what a hook does to its input changes nothing, in the log, in the summary, nor for the summarizer", async () => {
  const wreck = (input: BeforeSummarize | AfterSummarize): undefined => {
    for (const event of input.events as unknown as Record<string, unknown>[]) {
      const message = event.message as { content: unknown; tool_calls?: { args: unknown }[] } | undefined;
      if (message !== undefined) message.content = "wrecked";
      for (const made of message?.tool_calls ?? []) made.args = { wrecked: true };
      Object.assign(event.actions as object, { skipSummarization: true, pinned: true });
      for (const field of ["id", "seq", "author", "timestamp"]) event[field] = "wrecked";
    }
    for (const summary of input.previous)
      expect(() => Object.assign(summary.coverage, { direct: [] })).toThrow(TypeError);
    for (const list of [input.events, input.previous] as unknown as unknown[][]) list.length = 0;
    return undefined;
  };
  const server = await playing(["First.", "Second."]);
  const plain = await modelSession({ summarizer: stubSummarizer() }, secretive);
  const untouched = (await plain.sessions.getSession({ ...KEY, view: "full" }))?.events ?? [];

  const hooks = { before: wreck, after: wreck };
  const { sessions, session } = await modelSession({ model: server.chat(), hooks }, secretive);
  const contents = (events: readonly SessionEvent[]) =>
    events.map(({ id, seq, author, message, actions }) => ({
      id,
      seq,
      author,
      text: message?.text,
      actions,
    }));
  const log = async () => contents((await sessions.getSession({ ...KEY, view: "full" }))?.events ?? []);
  const first = summarized(await sessions.summarize(KEY, force)).summary;
  expect((await log()).slice(0, -1)).toEqual(contents(untouched));
  expect(fenced(server.said("user"), conversation)).toContain(`My vault code is ${SECRET}`);
  expect(first.coverage.direct).toHaveLength(8);

  await appendAll(sessions, session, turns(3, 4));
  const second = summarized(await sessions.summarize(KEY, force)).summary;
  expect(fenced(server.said("user"), "memory_so_far")).toBe("First.");
  expect(second.coverage.replaces).toEqual([first.id]);
  expect((await sessions.getSession(KEY))?.events.map(({ author }) => author)).toEqual([
    "system",
    "user",
    "agent",
  ]);
});
