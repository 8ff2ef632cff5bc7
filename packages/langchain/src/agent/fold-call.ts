import { type SessionStatistics, type SummarizeOutcome, windowOf } from "@sessionfold/core";
import {
  type CompactionTarget,
  compact,
  type ResolvedOptions,
  type TokenLedger,
} from "@sessionfold/core/engine";
import type { SummaryRecord } from "../messages/summary-records.ts";
import type { Conversation } from "./conversation.ts";

/** What a fold of a conversation works with. */
export interface FoldCall {
  readonly conversation: Conversation;
  readonly ledger: TokenLedger;
  readonly options: ResolvedOptions;
  readonly scope: string | undefined;
  readonly agent: string | undefined;
  readonly threadId: string | undefined;
  readonly signal: AbortSignal | undefined;
  /** Figures of the request as it would be sent. */
  readonly statistics: () => SessionStatistics;
  readonly force?: boolean;
  /** A summary that takes no less than what it stands for is dropped. */
  readonly mustShrink?: boolean;
  /** No call waits for it: the conversation may grow meanwhile. */
  readonly isDetached?: boolean;
  /** Told of the record of the summary that came of it. */
  readonly onRecord?: ((record: SummaryRecord) => void) | undefined;
}

/** Asks the trigger and folds. A call that meets a fold of the same messages in progress waits for it instead. */
export async function foldInCall(call: FoldCall): Promise<SummarizeOutcome | undefined> {
  const { conversation, options, signal, force, isDetached = false } = call;
  let hasWaited = false;
  while (conversation.folding !== undefined) {
    await conversation.folding;
    hasWaited = true;
  }
  if (hasWaited && force !== true) return undefined;
  const folding = compact(targetOf(call), options, { force, signal, isDetached });
  conversation.folding = folding;
  conversation.isHeld = !isDetached;
  try {
    return await folding;
  } finally {
    conversation.folding = undefined;
    conversation.isHeld = false;
  }
}

function targetOf(call: FoldCall): CompactionTarget {
  const { conversation, ledger, options, scope, agent, threadId, statistics, onRecord, mustShrink } = call;
  const { log, calibration } = conversation;
  return {
    sessionId: threadId ?? "",
    scope,
    ledger,
    log: () => log,
    statistics,
    calibration,
    commit: async (makeDraft) => {
      const draft = makeDraft(log);
      if (draft === undefined) return undefined;
      if (mustShrink === true && draft.after.tokens >= draft.before.tokens) return undefined;
      const record = conversation.commit(draft.event, draft.summary);
      if (record !== undefined) onRecord?.(record);
      return { draft, window: windowOf(log, { agent, mergeSummaries: options.mergeSummaries }) };
    },
  };
}
