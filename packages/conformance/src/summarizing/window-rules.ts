import { isUserEvent, type SessionEvent } from "@sessionfold/core";
import { equal, holds } from "../asserts/asserts.ts";
import { appendAll, KEY, logOf } from "../kit/reading.ts";
import { requestProblem } from "../kit/request-problem.ts";
import { calls, result, turns, user } from "../kit/said.ts";
import { fold, type SummarizingKit } from "../kit/summarizing-kit.ts";
import { wildConversations } from "../kit/wild-conversations.ts";
import { type CheckedRule, rulesOf } from "../rule.ts";
import { coveredIds, windowIds, windowOf } from "./looking.ts";

/** Enough for every pair of steps, and few enough for a store that takes milliseconds for a write. */
const CONVERSATIONS = 8;
const LENGTH = 24;

/** What a window must be to be sent. */
export const WINDOW_RULES: readonly CheckedRule<SummarizingKit>[] = rulesOf("windows", {
  "window-valid": {
    title: "every window is a request that providers accept, whatever the log looks like",
    why: "A provider answers a result without its call with an error, at every further turn of that session.",
    async check(kit) {
      let folds = 0;
      for (const events of wildConversations(CONVERSATIONS, LENGTH)) {
        const sessions = await kit.open({ trigger: () => true });
        for (const [at, event] of events.entries()) {
          await appendAll(sessions, [event]);
          await kit.settle(sessions);
          const messages = (await windowOf(sessions)).flatMap(({ message }) => message ?? []);
          equal(requestProblem(messages), undefined, `What is wrong with the window after append ${at}`);
        }
        folds += (await sessions.listSummaries(KEY)).length;
      }
      holds(folds > 0, "Expected some of the conversations to be folded");
    },
  },
  "window-pending": {
    title: "a tool round that still waits for a result is never folded, and stands last",
    why: "The result comes minutes later, from a person or a slow tool; without its call it cannot be sent.",
    async check(kit) {
      for (const events of wildConversations(CONVERSATIONS, LENGTH)) {
        const sessions = await kit.open({ trigger: () => true, keep: { turns: 0 } });
        for (const event of events) {
          await appendAll(sessions, [event]);
          await kit.settle(sessions);
          const covered = await coveredIds(sessions);
          const waiting = pendingIds(await logOf(sessions));
          equal(
            waiting.filter((id) => covered.includes(id)),
            [],
            "Calls that wait and are folded",
          );
        }
      }
      const sessions = await kit.open({ keep: { turns: 0 } });
      await appendAll(sessions, [...turns(3), user("go", { id: "q" }), calls(["c1", "c2"], { id: "k" })]);
      await appendAll(sessions, [result("c2", { id: "r" })]);
      await fold(sessions);
      equal((await windowIds(sessions)).slice(-3), ["q", "k", "r"], "The end of the window");
    },
  },
});

/** Calls behind the latest user's line that lack a result. */
function pendingIds(log: readonly SessionEvent[]): readonly string[] {
  const open = new Map<string, Set<string>>();
  for (const event of log) {
    const message = event.message as
      | { tool_calls?: { id: string }[]; invalid_tool_calls?: { id: string }[]; tool_call_id?: string }
      | undefined;
    if (isUserEvent(event)) open.clear();
    const made = [...(message?.tool_calls ?? []), ...(message?.invalid_tool_calls ?? [])];
    if (made.length > 0) open.set(event.id, new Set(made.map(({ id }) => id)));
    if (message?.tool_call_id === undefined) continue;
    // A result belongs to the nearest call of its id before it.
    const waiting = [...open.values()].findLast((ids) => ids.has(message.tool_call_id ?? ""));
    waiting?.delete(message.tool_call_id);
  }
  return [...open].filter(([, ids]) => ids.size > 0).map(([id]) => id);
}
