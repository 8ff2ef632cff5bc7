import {
  AIMessage,
  type BaseMessage,
  HumanMessage,
  RemoveMessage,
  ToolMessage,
} from "@langchain/core/messages";
import { SessionSummary } from "@sessionfold/core";
import { expect, test } from "vitest";
import { combinedDigest, digestOf } from "../messages/message-digest.ts";
import { recordOf, stampMessage, stampsOf } from "../messages/summary-records.ts";
import { type ArchivePlan, planArchive } from "./archive-plan.ts";

const NAME = "sessionfold";

function turns(from: number, to: number): BaseMessage[] {
  return Array.from({ length: to - from }, (_, at) => [
    new HumanMessage({ id: `u${from + at}`, content: `question ${from + at}` }),
    new AIMessage({ id: `a${from + at}`, content: `answer ${from + at}` }),
  ]).flat();
}

/** Puts a summary of the first messages on the message of that index. */
function fold(
  messages: readonly BaseMessage[],
  count: number,
  carrier: number,
  id = "S",
  replaces: string[] = [],
): void {
  const covered = messages.slice(0, count);
  const summary = new SessionSummary({
    id,
    sessionId: "",
    text: "sum",
    coverage: {
      direct: covered.map((message) => message.id ?? ""),
      replaces,
      omitted: [],
      fromSeq: 0,
      toSeq: count - 1,
      planSeq: carrier - 1,
    },
    originalEventCount: count,
    compressedEventCount: 1,
    originalTokens: 1,
    summaryTokens: 1,
    createdAt: 1,
    model: null,
    trigger: "test",
    usage: null,
    durationMs: 0,
    level: 0,
    version: 1,
    metadata: {},
  });
  stampMessage(messages[carrier] as BaseMessage, NAME, {
    records: [recordOf(summary, combinedDigest(covered.map(digestOf)))],
  });
}

function after(messages: readonly BaseMessage[], { update }: ArchivePlan): BaseMessage[] {
  const removed = new Set(update.filter((message) => RemoveMessage.isInstance(message)).map(({ id }) => id));
  const replaced = new Map(update.flatMap((message) => (message.id ? [[message.id, message]] : [])));
  return messages.flatMap((message) =>
    removed.has(message.id ?? "") ? [] : [replaced.get(message.id ?? "") ?? message],
  );
}

const options = { name: NAME, minMessages: 1 };
const plan = (messages: readonly BaseMessage[]) => planArchive(messages, options) as ArchivePlan;

test("turns are counted from the same message as before, wherever the record goes", () => {
  const messages = turns(0, 10);
  fold(messages, 12, 15);
  const left = after(messages, plan(messages));
  expect(left.map(({ id }) => id)).toEqual(["a0", "u6", "a6", "u7", "a7", "u8", "a8", "u9", "a9"]);
  const [record] = stampsOf(left[4] as BaseMessage)?.[NAME]?.records ?? [];
  const direct = ["archived:S", "a0", "u0", ...turns(1, 6).map(({ id }) => id)];
  expect(record).toMatchObject({
    archived: true,
    summary: { id: "S", coverage: { direct, replaces: [], planSeq: 3, fromSeq: -0.5 } },
  });
  expect(stampsOf(left[0] as BaseMessage)?.[NAME]?.records).toEqual([{ ...record, spare: true }]);
});

test("a summary that is in the service already is not sent again, and its record does not grow", () => {
  const messages = turns(0, 6);
  fold(messages, 4, 7);
  const first = plan(messages);
  expect(first.events.map(({ id }) => id)).toEqual(["u0", "a0", "u1", "a1", "S"]);
  const left = [...after(messages, first), ...turns(6, 10)];
  fold(left, 5, 10, "S2", ["S"]);
  const second = plan(left);
  expect(second.events.map(({ id }) => id)).toEqual(["u2", "a2", "u3", "a3", "S2"]);
  const end = after(left, second);
  expect(end.slice(0, 2).map(({ id }) => id)).toEqual(["a0", "u4"]);
  const records = stampsOf(end[0] as BaseMessage)?.[NAME]?.records ?? [];
  expect(records.map(({ summary }) => (summary as { id: string }).id)).toEqual(["S2"]);
  expect(planArchive(end, options)).toEqual({ kind: "nothing", reason: "nothing-folded" });
});

test("a record does not grow with the archive", () => {
  const messages = turns(0, 300);
  fold(messages, 590, 593);
  const left = after(messages, plan(messages));
  const records = left.flatMap((message) => stampsOf(message)?.[NAME]?.records ?? []);
  expect(records).toHaveLength(2);
  for (const { covers, summary } of records) {
    expect(covers).toHaveLength(201);
    expect((summary as { coverage: { direct: string[] } }).coverage.direct).toHaveLength(202);
  }
});

test("without an AI message that can be told to stay nothing leaves", () => {
  const messages = [
    new HumanMessage({ id: "u0", content: "first" }),
    new AIMessage({ id: "a0", content: "", tool_calls: [{ id: "c", name: "look", args: {} }] }),
    new ToolMessage({ id: "t0", content: "seen", tool_call_id: "c" }),
    new AIMessage("done"),
  ];
  fold(messages, 3, 3);
  expect(planArchive(messages, options)).toEqual({ kind: "nothing", reason: "no-survivor" });
  messages[3] = new AIMessage({ id: "a1", content: "done" });
  fold(messages, 3, 3);
  expect(planArchive(messages, options)).toMatchObject({ kind: "archive", messages: 3 });
});
