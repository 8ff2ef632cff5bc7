import type { BaseMessage } from "@langchain/core/messages";
import type { ModelRequest } from "langchain";
import type { Conversation } from "./conversation.ts";

/** One model call on its way. */
export interface ModelCall {
  readonly request: ModelRequest;
  /** What of the request's messages belongs to the conversation. */
  readonly messages: readonly BaseMessage[];
  readonly conversation: Conversation;
  /** Messages of this call alone. */
  readonly passing: readonly BaseMessage[];
  readonly agent: string | undefined;
  readonly scope: string | undefined;
  readonly threadId: string | undefined;
}
