import assert from "node:assert/strict";
import { AIMessage, type BaseMessage } from "@langchain/core/messages";
import { AsyncLocalStorageProviderSingleton } from "@langchain/core/singletons";
import type { AgentMiddleware } from "langchain";
import type { Books, FilterCall } from "../support/books.ts";
import { callOf, requestOf, throughText } from "../support/plain-rig.ts";
import { contentOf } from "../support/say.ts";
import { areOneFilters, checkWindow, type Sent } from "./check-window.ts";
import { recordsOn, stampedSummaries } from "./naive-log.ts";

/** Whose filter is looked at. */
export type Who = Pick<FilterCall, "thread" | "agent" | "scope" | "process">;

/** A filter that knows nothing yet shows what the one shows that has seen it all, and so it does after a trip through text. */
export async function checkRestart(
  books: Books,
  who: Who,
  messages: readonly BaseMessage[],
  known: AgentMiddleware,
  fresh: AgentMiddleware,
): Promise<void> {
  const stored = await throughText(messages);
  books.calls.push({ ...who, input: messages, made: [], shown: [] });
  const first = await lookThrough(fresh, who, messages);
  const again = await lookThrough(fresh, who, stored);
  const knowing = await lookThrough(known, who, messages);
  books.check("restarts", () => {
    assert.equal(first.unstamped, 0, "a filter that has seen nothing has something to keep");
    assert.equal(textOf(again.sent), textOf(first.sent), "another window after a trip through text");
    const heeded = stampedSummaries(messages, who, books).map(({ id }) => id);
    if (knowing.unstamped === 0 && areOneFilters(books, heeded))
      assert.equal(textOf(first.sent), textOf(knowing.sent), "another window after a restart");
    for (const { sent } of [first, knowing])
      checkWindow(books, { ...who, input: messages, made: [], shown: [] }, sent);
  });
}

async function lookThrough(
  filter: AgentMiddleware,
  { thread, agent }: Who,
  messages: readonly BaseMessage[],
): Promise<{ sent: Sent; unstamped: number }> {
  let sent: Sent = { messages: [], systemText: "" };
  const answer = new AIMessage("seen");
  const config = { metadata: { lc_agent_name: agent } };
  const response = await AsyncLocalStorageProviderSingleton.runWithConfig(config, () =>
    callOf(filter)(requestOf(thread, messages, undefined), async (request) => {
      sent = { messages: request.messages, systemText: request.systemMessage?.text ?? "" };
      return answer;
    }),
  );
  return { sent, unstamped: recordsOn(response as AIMessage, { scope: undefined }).length };
}

function textOf({ messages, systemText }: Sent): string {
  return [systemText, ...messages.map(contentOf)].join("\n");
}
