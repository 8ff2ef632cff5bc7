import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { type AIMessage, mapChatMessagesToStoredMessages } from "@langchain/core/messages";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { jsonLines, langChainMessages, neutralSession, openAiMessages } from "./fixtures.ts";
import { readTranscripts } from "./read-transcript.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sessionfold-read-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function read(name: string, content: string | Uint8Array) {
  const file = join(folder, name);
  writeFileSync(file, content);
  return readTranscripts(file);
}

describe("every format is found by its shape", () => {
  const openAi = openAiMessages();
  const langChain = langChainMessages();
  const stored = mapChatMessagesToStoredMessages(langChain);
  const flat = stored.map(({ type, data }) => ({ ...data, type, role: undefined }));
  const files: [string, string | Uint8Array, number][] = [
    ["neutral.jsonl", neutralSession("one"), 40],
    ["neutral-with-mark.txt", `\uFEFF${neutralSession("one")}\r\n\r\n`, 40],
    ["neutral-list.json", `[\n${neutralSession("one")}\n]`, 40],
    ["neutral.jsonl.gz", gzipSync(neutralSession("one")), 40],
    ["gzip-without-its-name.jsonl", gzipSync(neutralSession("one")), 40],
    ["openai-list.json", JSON.stringify(openAi, null, 2), 40],
    ["openai-list-on-a-line.jsonl", JSON.stringify(openAi), 40],
    ["openai-object.json", JSON.stringify({ model: "x", tools: [[]], messages: openAi }, null, 2), 40],
    ["openai-messages.jsonl", jsonLines(openAi), 40],
    ["openai-objects.jsonl", jsonLines([{ messages: openAi }]), 40],
    ["langchain-list.json", JSON.stringify(stored), 41],
    ["langchain-object.json", JSON.stringify({ messages: stored }), 41],
    ["langchain.jsonl", jsonLines(stored), 41],
    ["langchain-flat.json", JSON.stringify(flat), 41],
    ["langchain-constructors.json", JSON.stringify(langChain, null, 2), 41],
    ["langchain-constructors.jsonl.gz", gzipSync(jsonLines(langChain)), 41],
  ];
  test.each(files)("%s", async (name, content, count) => {
    const [transcript, ...others] = await read(name, content);
    expect(others).toEqual([]);
    const messages = (transcript?.events ?? []).map(({ message }) => message);
    expect(messages).toHaveLength(count);
    const start = count - 40;
    expect(messages[start]).toMatchObject({ type: "human", content: "Where is parcel 0?" });
    expect((messages[start + 1] as AIMessage).tool_calls).toMatchObject([
      { id: "c0", name: "track", args: { parcel: 0 } },
    ]);
    expect(messages[start + 2]).toMatchObject({
      type: "tool",
      tool_call_id: "c0",
      content: "parcel 0 is in Bremen",
    });
    expect(messages[start + 3]).toMatchObject({ type: "ai" });
  });

  test("one line a session, with its id or one made of the file's name", async () => {
    const lines = [neutralSession("a"), JSON.stringify({ messages: openAi }), JSON.stringify(openAi)];
    const sessions = await read("three.jsonl", lines.join("\n"));
    expect(sessions.map(({ id }) => id)).toEqual(["a", "three-2", "three-3"]);
    expect(sessions.map(({ events }) => events.length)).toEqual([40, 40, 40]);
  });
});

describe("what cannot be read is told with file and line", () => {
  const good = '{"id":"a","events":[{"author":"user","text":"hi"}]}';
  const roles = {
    messages: [
      { role: "user", content: "a" },
      { role: "chef", content: "b" },
    ],
  };
  const broken: [string, string | Uint8Array, RegExp][] = [
    ["cut.jsonl", `${good}\n{"id":"b","events":[{"auth\n${good}`, /cut\.jsonl:2: not valid JSON/],
    ["first.jsonl", `{"id":"b","events":[{"auth\n${good}`, /first\.jsonl:1: not valid JSON/],
    ["last.jsonl", `${good}\n${good}\n{"id":`, /last\.jsonl:3: not valid JSON/],
    [
      "field.jsonl",
      `${good}\n\n{"id":"b","events":[{"author":"user"}]}`,
      /field\.jsonl:3: event 1: .*`text`/,
    ],
    ["call.jsonl", '{"events":[{"author":"tool","text":"x"}]}', /call\.jsonl:1: event 1: .*`toolCallId`/],
    ["time.jsonl", '{"events":[{"author":"user","text":"x","timestamp":"soon"}]}', /`timestamp`.*"soon"/],
    ["events.jsonl", '{"id":"x","events":7}', /events\.jsonl:1: Expected `events` to be a list, got 7/],
    ["shape.jsonl", `${good}\n{"foo":1}`, /shape\.jsonl:2: Unknown shape: an object with foo/],
    ["shape.json", "42", /shape\.json:1: Unknown shape: 42/],
    ["role.json", JSON.stringify(roles, null, 1), /role\.json:7: message 2: .*"chef"/],
    ["comma.json", '[\n {"role":"user","content":"a"}\n {"role":"user"}\n]', /comma\.json:3: not valid JSON/],
    [
      "arrays.jsonl",
      '[{"role":"user","content":"a"}]\n[{"role":"tool","content":"a"}]',
      /:2: message 1: .*`tool_call_id`/,
    ],
    ["class.json", '[{"lc":1,"type":"constructor","id":["X"],"kwargs":{"content":""}}]', /class of message/],
    ["stored.json", '[\n{"type":"human","data":{}}]', /stored\.json:2: message 1: .*`content`/],
    [
      "mixed.jsonl",
      '{"role":"user","content":"a"}\n{"type":"ai","data":{"content":"b"}}',
      /mixed\.jsonl:2: message 2: Expected a message of the same form/,
    ],
    ["empty.jsonl", "", /empty\.jsonl is empty/],
    ["blank.jsonl", "\n \n", /blank\.jsonl is empty/],
    ["list.json", "[]", /list\.json holds an empty list/],
    ["text.gz", "no gzip at all", /text\.gz: it is not gzip/],
    ["half.gz", gzipSync(good.repeat(50)).subarray(0, 40), /half\.gz: its gzip is damaged/],
    ["binary.bin", Uint8Array.of(0xff, 0xfe, 0x00, 0x80), /binary\.bin: it is not UTF-8 text/],
  ];
  test.each(broken)("%s", async (name, content, message) => {
    const failure = read(name, content);
    await expect(failure).rejects.toThrow(message);
    await expect(failure).rejects.not.toThrow(/\n/);
  });
});
