import assert from "node:assert/strict";
import type { BaseMessage } from "@langchain/core/messages";
import type { Books } from "../support/books.ts";
import { contentOf } from "../support/say.ts";
import { recordsOn } from "./naive-log.ts";

/** The state is that of an agent without the filter, stamps apart; what stamps name is or was in this thread. */
export function checkState(
  books: Books,
  messages: readonly BaseMessage[],
  plain: readonly BaseMessage[],
): void {
  assert.deepEqual(messages.map(wholeOf), plain.map(wholeOf), "another state than without the filter");
  for (const message of messages) {
    const kept = recordsOn(message, { scope: undefined }).map(({ id }) => id);
    for (const id of books.carried.get(message.id ?? "") ?? [])
      assert.ok(kept.includes(id), "a summary was lost on the way into the state");
    const { sessionfold } = message.response_metadata as { sessionfold?: Record<string, Stamp> };
    for (const { records = [] } of Object.values(sessionfold ?? {})) {
      for (const { summary } of records) {
        const made = books.of(summary.id);
        assert.deepEqual(summary, made.summary?.toJSON(), "a record that was changed");
        for (const id of [...summary.coverage.direct, ...summary.coverage.omitted])
          assert.ok(made.contents.has(id), "a record of what never was in this thread");
      }
    }
  }
}

interface Stamp {
  readonly records?: readonly {
    summary: { id: string; coverage: { direct: string[]; omitted: string[] } };
  }[];
}

/** `createAgent` gives such ids to the errors of tools. */
const RANDOM_ID = /\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/;

/** All of a message but stamps; serialised again and again it stays the same. */
function wholeOf(message: BaseMessage): string {
  const { sessionfold: _, ...metadata } = message.response_metadata as Record<string, unknown>;
  const content = contentOf(message).replace(RANDOM_ID, "random");
  return `${content} ${JSON.stringify(metadata)}`;
}
