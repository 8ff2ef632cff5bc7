import type { AIMessage, BaseMessage, BaseMessageLike } from "@langchain/core/messages";
import { type SummarizeOutcome, validate } from "@sessionfold/core";
import { z } from "zod";
import { type SummaryRecord, stampMessage, stampsOf } from "../messages/summary-records.ts";
import { type FoldOptions, resolveFoldOptions } from "./fold-options.ts";
import { MessageFolder } from "./message-folder.ts";
import { messagesIn } from "./messages-in.ts";

/** What a single call of `foldMessages` may set. */
export interface FoldCallOptions {
  /** Calls the fold off; the window is then the one without it. */
  readonly signal?: AbortSignal | undefined;
  /** Skips the trigger; never the keep policy, a pin or a pending round. Default false. */
  readonly force?: boolean | undefined;
  /** Id of the thread, for reports. */
  readonly threadId?: string | undefined;
  /** Records of an earlier call, where the caller keeps them apart from the messages. */
  readonly records?: readonly SummaryRecord[] | undefined;
}

/** What `foldMessages` comes to. */
export interface FoldedMessages {
  /** What to send to the model: a request that providers accept. */
  readonly messages: readonly BaseMessage[];
  /** What became of this call's attempt; undefined where another call folds the same messages. */
  readonly outcome: SummarizeOutcome | undefined;
  /** Summaries in effect that no message carries yet, as plain JSON. Keep them, or let the answer carry them. */
  readonly records: readonly SummaryRecord[];
  /** Leaves the records on the model's answer, which then stands in the state like any other, and returns it. */
  stamp<M extends AIMessage>(answer: M): M;
}

const callSchema: z.ZodType<FoldCallOptions> = z.strictObject(
  {
    signal: z
      .custom<AbortSignal>((value) => value instanceof AbortSignal, { error: "an AbortSignal" })
      .optional(),
    force: z.boolean({ error: "true or false" }).optional(),
    threadId: z.string({ error: "an id" }).optional(),
    records: z
      .array(z.custom<SummaryRecord>(isRecord, { error: "a record" }), { error: "a list of records" })
      .optional(),
  },
  { error: "an object" },
);

/** One folder a set of options: what it knows of messages is then not worked out again at each call. */
const folders = new WeakMap<FoldOptions, MessageFolder>();

/**
 * Folds a list of messages, for a node of one's own: what comes back is what the model should see. The list itself is not
 * touched. What was folded before is found on the messages, or handed in as `records`, and counts as long as what it
 * covers is as it was. A message without an id is known by its text and by those before it: give ids where messages may be
 * deleted. Called again with the same messages and the same options object, it writes no second summary.
 * @throws ConfigurationError that names the option, what was expected and what came.
 */
export async function foldMessages(
  messages: readonly BaseMessageLike[],
  options: FoldOptions = DEFAULTS,
  call: FoldCallOptions = {},
): Promise<FoldedMessages> {
  const checked = validate(callSchema, call);
  const list = messagesIn(messages);
  const folder = folderOf(options);
  const { conversation, window, outcome } = await folder.fold(list, checked);
  const { name } = folder.options;
  const agent = folder.scope;
  return {
    messages: [...window],
    outcome,
    records: conversation.unstored,
    stamp: (answer) => {
      const records = conversation.unstored;
      if (records.length > 0 || agent !== undefined)
        stampMessage(answer, name, {
          ...stampsOf(answer)?.[name],
          ...(agent !== undefined && { agent }),
          ...(records.length > 0 && { records }),
        });
      return answer;
    },
  };
}

const DEFAULTS: FoldOptions = Object.freeze({});

function folderOf(options: FoldOptions): MessageFolder {
  let folder = typeof options === "object" && options !== null ? folders.get(options) : undefined;
  if (folder === undefined) {
    folder = new MessageFolder(resolveFoldOptions(options));
    folders.set(options, folder);
  }
  return folder;
}

function isRecord(value: unknown): boolean {
  const record = value as Partial<SummaryRecord> | null;
  return record?.v === 1 && typeof record.digest === "string" && typeof record.summary === "object";
}
