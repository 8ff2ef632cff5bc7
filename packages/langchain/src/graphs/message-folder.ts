import type { BaseMessage } from "@langchain/core/messages";
import { SessionSummary, type SummarizeOutcome, windowOf } from "@sessionfold/core";
import type { ResolvedFilterOptions } from "../agent/agent-options.ts";
import type { Conversation } from "../agent/conversation.ts";
import { Conversations } from "../agent/conversations.ts";
import { foldInCall } from "../agent/fold-call.ts";
import { combinedDigest, digestOf } from "../messages/message-digest.ts";
import type { SummaryRecord } from "../messages/summary-records.ts";

/** What one fold of a list of messages takes. */
export interface FolderCall {
  readonly signal?: AbortSignal | undefined;
  readonly force?: boolean | undefined;
  readonly threadId?: string | undefined;
  readonly records?: readonly SummaryRecord[] | undefined;
}

/** What came of it. */
export interface FolderResult {
  readonly conversation: Conversation;
  /** What the model should see: the very list where nothing has to be folded or mended. */
  readonly window: readonly BaseMessage[];
  /** Undefined where another call folds the same messages. */
  readonly outcome: SummarizeOutcome | undefined;
}

/** Folds lists of messages. It remembers those it has seen: a list that has grown costs what is new in it. */
export class MessageFolder {
  readonly options: ResolvedFilterOptions;
  readonly #conversations: Conversations;

  constructor(options: ResolvedFilterOptions) {
    this.options = options;
    const { summarizer, name, maxCachedThreads } = options;
    const { summaryWriter, clock, transcript } = summarizer.options;
    this.#conversations = new Conversations(
      { ledger: summarizer.ledger, transcript, clock, reading: { name, summaryWriter, clock } },
      maxCachedThreads,
    );
  }

  /** The agent whose events alone are folded. */
  get scope(): string | undefined {
    return this.options.scope === "agent" ? this.options.agent : undefined;
  }

  /** Folds if it is due. */
  async fold(messages: readonly BaseMessage[], call: FolderCall): Promise<FolderResult> {
    const { summarizer, agent, report, name } = this.options;
    const { scope } = this;
    const conversation = this.#conversations.of(messages, { scope });
    for (const record of call.records ?? []) this.#restore(conversation, record);
    const outcome = await foldInCall({
      conversation,
      ledger: summarizer.ledger,
      options: summarizer.options,
      scope,
      agent,
      threadId: call.threadId,
      signal: call.signal,
      statistics: () => conversation.statistics.snapshot(this.options.contextWindow),
      force: call.force === true,
    });
    if (outcome !== undefined) report(outcome, { name, agent, scope, threadId: call.threadId });
    if (conversation.isPlain) return { conversation, window: messages, outcome };
    const { mergeSummaries } = summarizer.options;
    const window = windowOf(conversation.log, { agent, mergeSummaries });
    return { conversation, window: window.flatMap((event) => conversation.messageOf(event) ?? []), outcome };
  }

  /** Takes in a summary that the caller has kept, if what it covers is still as it was. */
  #restore(conversation: Conversation, record: SummaryRecord): void {
    const summary = summaryIn(record);
    const { log } = conversation;
    if (summary === undefined || log.get(summary.id) !== undefined) return;
    const { direct, omitted } = summary.coverage;
    const covered = [...direct, ...omitted].map((id) => log.get(id)?.message);
    if (record.archived !== true) {
      if (covered.some((message) => message === undefined)) return;
      const digests = covered.map((message) => digestOf(message as BaseMessage));
      if (combinedDigest(digests) !== record.digest) return;
    }
    const { summaryWriter } = this.options.summarizer.options;
    const { id, createdAt: timestamp } = summary;
    const actions = { summary: summary.toJSON() };
    const message = summaryWriter(summary);
    conversation.commit(
      { id, author: "system", invocationId: "summary", message, timestamp, actions },
      summary,
    );
  }
}

function summaryIn({ summary }: SummaryRecord): SessionSummary | undefined {
  try {
    return SessionSummary.fromJSON(summary);
  } catch {
    // A record of another version, or none: it covers nothing.
    return undefined;
  }
}
