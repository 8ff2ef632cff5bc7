import {
  AIMessage,
  type BaseMessage,
  HumanMessage,
  SystemMessage,
  ToolMessage,
} from "@langchain/core/messages";
import type { EventActions, EventInput } from "@sessionfold/core";
import { START } from "../kit/said.ts";
import type { ReplayOperation, Trajectory } from "./trajectory.ts";

/** A second lies between two operations. */
const STEP_MS = 1000;

/** When an operation takes place, by its place in the trajectory. */
export function timeOf(at: number): number {
  return START + at * STEP_MS;
}

/** An event as the harness sends it: with an id and a time. */
export type SentEvent = EventInput & {
  readonly id: string;
  readonly timestamp: number;
  readonly author: string;
};

/** The event that an operation sends; undefined for one that sends none. A retry sends that of the operation it names. */
export function eventOf({ operations }: Trajectory, at: number): SentEvent | undefined {
  const operation = operations[at];
  if (operation === undefined) return undefined;
  if (operation.op === "retry_event") {
    const before = operations.slice(0, at);
    const sent = before.map((_, place) =>
      operations[place]?.op === "retry_event" ? undefined : eventOf({ name: "", operations }, place),
    );
    const place =
      operation.id === undefined
        ? before.findLastIndex(({ op }) => op === "fail_before_commit")
        : sent.findIndex((event) => event?.id === operation.id);
    return sent[place];
  }
  const made = contentOf(operation);
  if (made === undefined) return undefined;
  const id = ("id" in operation ? operation.id : undefined) ?? `e${at}`;
  const shift = operation.op === "append_event" ? (operation.shiftMs ?? 0) : 0;
  const invocationId = `run-${at}`;
  return { ...made, id, invocationId, timestamp: timeOf(at) + shift };
}

function contentOf(
  operation: ReplayOperation,
): { author: string; message?: BaseMessage; partial?: boolean; actions?: EventActions } | undefined {
  switch (operation.op) {
    case "append_event": {
      const { author = "user", text, partial, pinned, skipSummarization } = operation;
      const actions = {
        ...(pinned !== undefined && { pinned }),
        ...(skipSummarization !== undefined && { skipSummarization }),
      };
      return { author, message: messageOf(author, text), ...(partial === true && { partial }), actions };
    }
    case "memory_store":
    case "fail_before_commit": {
      const { author = "user", text } = operation;
      return { author, message: messageOf(author, text) };
    }
    case "function_call": {
      const { author = "agent", call: id, name, args = {} } = operation;
      return {
        author,
        message: new AIMessage({ content: "", tool_calls: [{ id, name, args: { ...args } }] }),
      };
    }
    case "function_response": {
      const { call: tool_call_id, name, text: content } = operation;
      return { author: "tool", message: new ToolMessage({ content, tool_call_id, name }) };
    }
    case "update_state":
      return { author: "agent", actions: { stateDelta: operation.state } };
    default:
      return undefined;
  }
}

function messageOf(author: string, text: string): BaseMessage {
  if (author === "user") return new HumanMessage(text);
  return author === "system" ? new SystemMessage(text) : new AIMessage(text);
}
