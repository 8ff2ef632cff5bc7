import { InMemorySessionService, importSession, UnsupportedError, withSummaries } from "@sessionfold/core";
import { expect, test } from "vitest";
import { TimestampOrderedService } from "../support/foreign-services.ts";
import { KEY } from "../support/sessions.ts";
import { stubSummarizer } from "../support/stub-summarizer.ts";
import { textOf } from "./stores.ts";

const options = () => ({ mode: "manual", keep: { turns: 1 }, summarizer: stubSummarizer("S") }) as const;

async function folded(prefix: string): Promise<string> {
  const service = new InMemorySessionService();
  const sessions = withSummaries(service, options());
  await sessions.createSession(KEY);
  for (let at = 0; at < 6; at++)
    await sessions.appendEvent({
      session: KEY,
      event: { id: `m${at}`, author: at % 2 === 0 ? "user" : "agent", message: `${prefix} line ${at}` },
    });
  await sessions.summarize(KEY, { force: true });
  return textOf(service, KEY);
}

test("a folding service takes over a session in the place of one that it knew, and folds it on", async () => {
  const sessions = withSummaries(new InMemorySessionService(), options());
  await importSession(sessions, await folded("first"));
  expect((await sessions.getSession(KEY))?.events.map(({ message }) => message?.text).slice(1)).toEqual([
    "first line 4",
    "first line 5",
  ]);
  const text = await folded("second");
  await expect(importSession(sessions, text)).rejects.toThrow("exists already");
  await sessions.deleteSession(KEY);
  await importSession(sessions, text);
  expect((await sessions.getSession(KEY))?.events.map(({ message }) => message?.text).slice(1)).toEqual([
    "second line 4",
    "second line 5",
  ]);
  expect(await textOf(sessions, KEY)).toBe(text);
  for (const [id, author] of [
    ["m6", "user"],
    ["m7", "agent"],
  ] as const)
    await sessions.appendEvent({ session: KEY, event: { id, author, message: `second ${id}` } });
  const outcome = await sessions.summarize(KEY, { force: true });
  expect(outcome.kind === "summarized" && outcome.summary.version).toBe(2);
});

test("a folding service over one that takes over no sessions refuses", async () => {
  const sessions = withSummaries(new TimestampOrderedService(), options());
  await expect(importSession(sessions, await folded("x"))).rejects.toThrow(UnsupportedError);
});
