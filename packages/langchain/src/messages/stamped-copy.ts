import type { BaseMessage } from "@langchain/core/messages";
import { createEvent, systemClock } from "@sessionfold/core/engine";
import { type MessageStamp, stampMessage, stampsOf } from "./summary-records.ts";

/** A copy of a message, with its id, that carries a stamp: in a graph's state it takes the message's place. */
export function stampedCopy<M extends BaseMessage>(message: M, name: string, stamp: MessageStamp): M {
  const { message: copy } = createEvent({ message }, 0, systemClock);
  const own = copy as M;
  stampMessage(own, name, { ...stampsOf(message)?.[name], ...stamp });
  return own;
}
