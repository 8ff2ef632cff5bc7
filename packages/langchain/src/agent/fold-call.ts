import { type SessionStatistics, type SummarizeOutcome, windowOf } from "@sessionfold/core";
import {
  type CompactionTarget,
  compact,
  type ResolvedOptions,
  type TokenLedger,
} from "@sessionfold/core/engine";
import type { Conversation } from "./conversation.ts";

/** What a fold in a model call works with. */
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
}

/** Asks the trigger and folds. A call that meets a fold of the same messages in progress waits for it instead. */
export async function foldInCall(call: FoldCall): Promise<SummarizeOutcome | undefined> {
  const { conversation, options, signal, force } = call;
  if (conversation.folding !== undefined) {
    await conversation.folding;
    if (force !== true) return undefined;
  }
  const folding = compact(targetOf(call), options, { force, signal });
  conversation.folding = folding;
  try {
    return await folding;
  } finally {
    if (conversation.folding === folding) conversation.folding = undefined;
  }
}

function targetOf({
  conversation,
  ledger,
  options,
  scope,
  agent,
  threadId,
  statistics,
}: FoldCall): CompactionTarget {
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
      conversation.commit(draft.event, draft.summary);
      return { draft, window: windowOf(log, { agent, mergeSummaries: options.mergeSummaries }) };
    },
  };
}
