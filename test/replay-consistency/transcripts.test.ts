import { isAIMessage, isToolMessage } from "@langchain/core/messages";
import { type ReplayOperation, replayConsistency, type Trajectory } from "@sessionfold/conformance";
import { expect, test } from "vitest";
import { hasSet, loadSet, SETS } from "../support/shared-data.ts";
import { allBackends } from "./all-backends.ts";

const backends = allBackends();
/** Enough for several folds, and little enough for five stores. */
const LONGEST = 40;
const FOLD_EVERY = 12;

type Transcript = Awaited<ReturnType<typeof loadSet>>[number];

/** The beginning of a real conversation as operations, folded from time to time. */
function trajectoryOf({ id, events }: Transcript, set: string): Trajectory {
  const operations: ReplayOperation[] = [{ op: "create_session", state: { set } }];
  const names = new Map<string, string>();
  for (const [at, { message, author }] of events.slice(0, LONGEST).entries()) {
    if (isToolMessage(message)) {
      const { tool_call_id: call, text } = message;
      operations.push({
        op: "function_response",
        call,
        name: message.name || names.get(call) || "tool",
        text,
      });
    } else if (message.text !== "" || !isAIMessage(message)) {
      const who =
        message.type === "human" ? "user" : message.type === "system" ? "system" : author || "agent";
      operations.push({ op: "append_event", author: who, text: message.text });
    }
    for (const { id: call = `call-${at}`, name, args } of isAIMessage(message)
      ? (message.tool_calls ?? [])
      : []) {
      names.set(call, name);
      operations.push({ op: "function_call", call, name, args });
    }
    if (at % FOLD_EVERY === FOLD_EVERY - 1)
      operations.push({ op: "create_summary", keepTurns: 0, optional: true });
  }
  const [word = "the"] = (events[0]?.message.text ?? "").split(/\s+/);
  operations.push({ op: "memory_search", query: word || "the" });
  return { name: `${set} ${id}`.slice(0, 80), operations };
}

for (const set of SETS) {
  test.skipIf(!hasSet(set))(`REP-04: a ${set} conversation is told alike by all stores`, async () => {
    const sessions = (await loadSet(set)).toSorted((a, b) => b.events.length - a.events.length);
    const [long] = sessions.slice(Math.floor(sessions.length / 4));
    if (long === undefined) throw new Error(`Expected the set ${set} to have sessions`);
    const { cases } = await replayConsistency(backends, [trajectoryOf(long, set)]);
    expect(cases.filter(({ verdict }) => verdict !== "match")).toEqual([]);
    const [result] = cases[0]?.results ?? [];
    expect(result?.entries).toBeGreaterThan(FOLD_EVERY);
    expect(result?.summaries).toBeGreaterThan(0);
  });
}
