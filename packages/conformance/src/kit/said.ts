import { AIMessage, HumanMessage, ToolMessage } from "@langchain/core/messages";
import type { EventInput } from "@sessionfold/core";

/** When the first event of the suites happened, in milliseconds since the epoch. */
export const START = 1_700_000_000_000;

/** A user's line. */
export function user(text: string, extra: Partial<EventInput> = {}): EventInput {
  return { author: "user", message: new HumanMessage(text), ...extra };
}

/** An agent's answer. */
export function agent(text: string, extra: Partial<EventInput> = {}): EventInput {
  return { author: "agent", message: new AIMessage(text), ...extra };
}

/** A message that calls a tool once for each id. */
export function calls(ids: readonly string[], extra: Partial<EventInput> = {}): EventInput {
  const tool_calls = ids.map((id) => ({ id, name: "lookup", args: { of: id } }));
  return { author: "agent", message: new AIMessage({ content: "", tool_calls }), ...extra };
}

/** The result of the call of that id. */
export function result(id: string, extra: Partial<EventInput> = {}): EventInput {
  const message = new ToolMessage({ content: `result of ${id}`, tool_call_id: id, name: "lookup" });
  return { author: "tool", message, ...extra };
}

/** So many turns of a question `q0` and an answer `a0`, a second apart. */
export function turns(count: number, from: number = 0): readonly EventInput[] {
  return Array.from({ length: count }, (_, at) => from + at).flatMap((at) => [
    user(`question number ${at}`, { id: `q${at}`, timestamp: START + at * 2000 }),
    agent(`answer number ${at}`, { id: `a${at}`, timestamp: START + at * 2000 + 1000 }),
  ]);
}

/** So many users' lines with the ids `e0`, `e1`, ... */
export function lines(count: number, from: number = 0): readonly EventInput[] {
  return Array.from({ length: count }, (_, at) => user(`line number ${from + at}`, { id: `e${from + at}` }));
}
