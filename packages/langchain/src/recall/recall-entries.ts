import type { BaseMessage } from "@langchain/core/messages";
import {
  type FoldedLog,
  isConversationEvent,
  isSystemEvent,
  renderTranscript,
  type SessionEvent,
} from "@sessionfold/core";

/** A message of the earlier conversation that may be recalled. */
export interface RecallEntry {
  readonly event: SessionEvent;
  /** Whether a summary stands for it, so that the model does not see it. */
  readonly folded: boolean;
}

/**
 * What of a log may be recalled, in log order: every message of the conversation, folded or not. Skipped ones stay
 * unread, the system's instructions that lead the log are in the window anyway, and the answers of the recall tools
 * themselves would only find what they quoted.
 */
export function recallEntries(log: FoldedLog, recallTools: readonly string[]): readonly RecallEntry[] {
  const entries: RecallEntry[] = [];
  let leads = true;
  for (const event of log.events) {
    if (!isConversationEvent(event) || event.message === undefined) continue;
    if (leads && isSystemEvent(event)) continue;
    leads = false;
    if (log.isSkipped(event) || isRecall(event.message, recallTools)) continue;
    entries.push({ event, folded: log.isHidden(event) });
  }
  return entries;
}

/** What the model is shown of a message: as in a transcript, where no content can pass for another entry. */
export function entryText({ event }: RecallEntry): string {
  return renderTranscript([event]) || `${event.author}: (no text)`;
}

function isRecall(message: BaseMessage, recallTools: readonly string[]): boolean {
  if (message.type === "tool") return recallTools.includes(message.name ?? "");
  const { tool_calls: calls = [] } = message as { tool_calls?: readonly { readonly name: string }[] };
  return calls.length > 0 && calls.every(({ name }) => recallTools.includes(name));
}
