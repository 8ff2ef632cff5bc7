import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { HumanMessage } from "@langchain/core/messages";
import {
  ConfigurationError,
  exportSession,
  InMemorySessionService,
  importSession,
  isSessionfoldError,
  SessionNotFoundError,
  StoredDataError,
  UnsupportedError,
  withSummaries,
} from "@sessionfold/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TimestampOrderedService } from "../support/foreign-services.ts";
import { KEY } from "../support/sessions.ts";
import { textOf } from "./stores.ts";

const SECRET = "the marigold secret";

async function sample(): Promise<string> {
  const service = new InMemorySessionService({ clock: () => 1_700_000_000_000 });
  await service.createSession({
    ...KEY,
    state: { b: 2, a: SECRET, "app:x": 1, "user:y": 2, "temp:z": 3, 10: 1, 9: 1 },
  });
  const texts = [`hello \u2028 ${SECRET}`, "é 😀 \u0000 \ud800", "last"];
  for (const [at, message] of texts.entries())
    await service.appendEvent({
      session: KEY,
      event: { id: `e${at}`, author: "user", message, timestamp: at },
    });
  return textOf(service, KEY);
}

test("an export is a header and a line an event, the same each time", async () => {
  const text = await sample();
  const [header, first] = text.split("\n");
  expect(header).toBe(
    `{"sessionfold":1,"appName":"app","userId":"user-1","sessionId":"session-1","state":{"9":1,"10":1,"a":"${SECRET}","b":2},"lastUpdateTime":1700000000000,"events":3}`,
  );
  expect(JSON.parse(first ?? "")).toEqual({
    id: "e0",
    seq: 0,
    author: "user",
    timestamp: 0,
    actions: {},
    message: { type: "human", data: expect.objectContaining({ content: `hello \u2028 ${SECRET}` }) },
  });
  expect(text.endsWith("\n")).toBe(true);
  expect(await sample()).toBe(text);
});

describe("an export is read", () => {
  const read = async (lines: Parameters<typeof importSession>[1]): Promise<string> => {
    const service = new InMemorySessionService();
    return textOf(service, await importSession(service, lines));
  };

  test("from chunks of text and of bytes, cut anywhere", async () => {
    const text = await sample();
    const bytes = new TextEncoder().encode(text);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat({ max: text.length }), { maxLength: 20 }),
        fc.boolean(),
        async (at, asBytes) => {
          const cuts = [0, ...at.sort((a, b) => a - b), asBytes ? bytes.length : text.length];
          const chunks = cuts.map((from, index) =>
            asBytes ? bytes.slice(from, cuts[index + 1]) : text.slice(from, cuts[index + 1]),
          );
          expect(await read(chunks)).toBe(text);
        },
      ),
    );
  });

  test("from one text, characters, a stream, lines with and without ends, and Windows' ends", async () => {
    const text = await sample();
    expect(await read(text)).toBe(text);
    expect(await read([...text])).toBe(text);
    expect(await read(new TextEncoder().encode(text))).toBe(text);
    expect(await read(Readable.from([Buffer.from(text)]))).toBe(text);
    expect(await read(createInterface({ input: Readable.from([text]) }))).toBe(text);
    expect(await read(text.trimEnd().split("\n"))).toBe(text);
    expect(await read(text.trimEnd())).toBe(text);
    expect(await read(text.replaceAll("\n", "\r\n"))).toBe(text);
    expect(await read(`\ufeff${text}\n\n`)).toBe(text);
  });
});

describe("an export that is not what it must be is refused whole, with the line and without what it says", () => {
  const changed = (line: number, change: (json: Record<string, unknown>) => unknown) => (text: string) => {
    const lines = text.split("\n");
    lines[line - 1] = JSON.stringify(change(JSON.parse(lines[line - 1] ?? "") as Record<string, unknown>));
    return lines.join("\n");
  };
  const CASES: readonly [string, (text: string) => string, RegExp][] = [
    ["nothing", () => "", /first line, got none/],
    [
      "no JSON",
      (text) => text.replace('{"id":"e1"', `{"id:${SECRET}`),
      /^Expected line 3 of the export to be JSON/,
    ],
    [
      "no object",
      changed(2, () => [SECRET]),
      /^Expected line 2 of the export to be an object, got a list of 1$/,
    ],
    [
      "a newer form",
      changed(1, (json) => ({ ...json, sessionfold: 2 })),
      /`sessionfold` in line 1 .* got 2: .*newer/,
    ],
    ["no form", changed(1, ({ sessionfold, ...json }) => json), /`sessionfold` in line 1 .* got undefined/],
    ["no user", changed(1, (json) => ({ ...json, userId: "" })), /`userId` in line 1/],
    [
      "no state",
      changed(1, (json) => ({ ...json, state: null })),
      /`state` in line 1 .* an object, got null/,
    ],
    [
      "others' state",
      changed(1, (json) => ({ ...json, state: { "app:x": SECRET } })),
      /`state` in line 1 .* alone/,
    ],
    ["no time", changed(1, (json) => ({ ...json, lastUpdateTime: SECRET })), /`lastUpdateTime` in line 1/],
    ["no count", changed(1, (json) => ({ ...json, events: "3" })), /`events` in line 1/],
    ["a cut export", (text) => text.split("\n").slice(0, 3).join("\n"), /the 3 events .* got 2/],
    [
      "one line too many",
      (text) => `${text}${text.split("\n")[3]?.replace('"seq":2,', '"seq":3,').replace("e2", "e3")}`,
      /3 events .* got 4/,
    ],
    ["an id twice", changed(4, (json) => ({ ...json, id: "e0" })), /`id` in line 4 .* new/],
    ["a position twice", changed(4, (json) => ({ ...json, seq: 1 })), /`seq` in line 4 .* above 1, got 1/],
    ["half a position", changed(4, (json) => ({ ...json, seq: 2.5 })), /`seq` in line 4/],
    ["no position", changed(3, ({ seq, ...json }) => json), /`seq` in line 3 .* got undefined/],
    ["a piece of a stream", changed(3, (json) => ({ ...json, partial: true })), /`partial` in line 3/],
    ["no id", changed(3, ({ id, ...json }) => json), /^Line 3 of the export is no event: .*event\.id/],
    ["no message", changed(3, (json) => ({ ...json, message: { [SECRET]: 1 } })), /^Line 3 .*event\.message/],
  ];
  test.each(CASES)("%s", async (_, change, expected) => {
    const service = new InMemorySessionService();
    const error: unknown = await importSession(service, change(await sample())).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(StoredDataError);
    const { message, cause } = error as StoredDataError;
    expect(message).toMatch(expected);
    for (const said of [message, String(cause)]) expect(said).not.toContain("marigold");
    expect(await service.getSession(KEY)).toBeNull();
  });

  test("bytes that are no UTF-8, or end within a character", async () => {
    const bytes = new TextEncoder().encode(await sample());
    const service = new InMemorySessionService();
    const cut = bytes.slice(0, bytes.indexOf(0xf0) + 2);
    const broken = bytes.slice();
    broken[bytes.indexOf(0xf0)] = 0xff;
    for (const wrong of [cut, broken]) {
      await expect(importSession(service, [wrong])).rejects.toThrow("Expected the export to be UTF-8");
      expect(await service.getSession(KEY)).toBeNull();
    }
  });

  test("things that hold no lines, and services that take over none", async () => {
    const service = new InMemorySessionService();
    for (const lines of [undefined, 7, {}])
      await expect(importSession(service, lines as never)).rejects.toThrow(ConfigurationError);
    await expect(importSession(service, [7] as never)).rejects.toThrow("to hold text or bytes, got 7");
    await expect(
      importSession(new TimestampOrderedService() as never, await sample()).catch((e) => {
        throw e;
      }),
    ).rejects.toThrow(UnsupportedError);
  });
});

test("a session that is not there, and what is no JSON, are told", async () => {
  const service = new InMemorySessionService();
  await expect(textOf(service, KEY)).rejects.toThrow(SessionNotFoundError);
  await expect(textOf({} as never, KEY)).rejects.toThrow(ConfigurationError);
  await service.createSession({ ...KEY, state: { ring: 10n } });
  await expect(textOf(service, KEY)).rejects.toThrow("Expected the state of the session to be plain JSON");
  const other = { ...KEY, sessionId: "other" };
  await service.createSession(other);
  const ring: Record<string, unknown> = {};
  ring.ring = ring;
  await service.appendEvent({
    session: other,
    event: { message: new HumanMessage({ content: "ring", additional_kwargs: ring }) },
  });
  const error: unknown = await textOf(service, other).catch((thrown: unknown) => thrown);
  expect(isSessionfoldError(error) && error.message).toMatch(/event at position 0 to be plain JSON/);
});

test("a service that tells its events by their times is exported in log order", async () => {
  const service = new TimestampOrderedService();
  const sessions = withSummaries(service, { mode: "manual" });
  await sessions.createSession(KEY);
  for (const [at, timestamp] of [300, 100, 200].entries())
    await sessions.appendEvent({
      session: KEY,
      event: { id: `e${at}`, author: "user", message: `m${at}`, timestamp },
    });
  const ids = (await textOf(service, KEY)).match(/"id":"e\d"/g);
  expect(ids).toEqual(['"id":"e0"', '"id":"e1"', '"id":"e2"']);
});

test("a session can be taken over under another key, which its summaries then name", async () => {
  const service = new InMemorySessionService();
  const sessions = withSummaries(service, {
    mode: "manual",
    keep: { turns: 0 },
    tokenCounter: (text) => text.length,
  });
  await sessions.createSession(KEY);
  for (let at = 0; at < 4; at++)
    await sessions.appendEvent({
      session: KEY,
      event: { author: at % 2 ? "agent" : "user", message: `line ${at} ${"x".repeat(99)}` },
    });
  await sessions.summarize(KEY, { force: true });
  const key = { appName: "elsewhere", userId: "someone", sessionId: "copy" };
  const text = await textOf(service, KEY);
  expect(await importSession(service, text, { key: { ...key, id: key.sessionId } })).toEqual(key);
  const [summary] = await withSummaries(service, { mode: "manual" }).listSummaries(key);
  expect(summary?.sessionId).toBe("copy");
  const back = new InMemorySessionService();
  await importSession(back, exportSession(service, key), { key: KEY });
  expect(await textOf(back, KEY)).toBe(text);
});
