import type { BaseMessage } from "@langchain/core/messages";
import type { ModelRequest } from "langchain";
import type { Conversation } from "./conversation.ts";
import type { PassingMessage } from "./split-request.ts";

/** One model call on its way. */
export interface ModelCall {
  readonly request: ModelRequest;
  /** What of the request's messages belongs to the conversation. */
  readonly messages: readonly BaseMessage[];
  /** The same as the state has it. */
  readonly originals: readonly BaseMessage[];
  readonly conversation: Conversation;
  /** Messages of this call alone. */
  readonly passing: readonly PassingMessage[];
  readonly agent: string | undefined;
  readonly scope: string | undefined;
  readonly threadId: string | undefined;
}
