import { AIMessage, HumanMessage, SystemMessage, ToolMessage } from "@langchain/core/messages";
import type { EventInput } from "@sessionfold/core";

/** Short ways to write conversations, as CASES do: `[s("..."), u("hi"), call("c1"), res("c1"), a("done")]`. */

export function u(text: string, extra: Partial<EventInput> = {}): EventInput {
  return { author: "user", message: new HumanMessage(text), ...extra };
}

export function a(text: string, extra: Partial<EventInput> = {}): EventInput {
  return { author: "agent", message: new AIMessage(text), ...extra };
}

export function s(text: string, extra: Partial<EventInput> = {}): EventInput {
  return { author: "system", message: new SystemMessage(text), ...extra };
}

/** An AI message that calls tools by these ids. */
export function call(ids: string | readonly string[], extra: Partial<EventInput> = {}): EventInput {
  const list = typeof ids === "string" ? [ids] : ids;
  const tool_calls = list.map((id) => ({ id, name: "lookup", args: { of: id } }));
  return { author: "agent", message: new AIMessage({ content: "", tool_calls }), ...extra };
}

/** An AI message with a call by the one id and a malformed one by the other, as models now and then write them. */
export function badCall(id: string, malformed: string, extra: Partial<EventInput> = {}): EventInput {
  const message = new AIMessage({
    content: "",
    tool_calls: [{ id, name: "lookup", args: { of: id } }],
    invalid_tool_calls: [{ id: malformed, name: "lookup", args: "{oops", error: "Malformed args." }],
  });
  return { author: "agent", message, ...extra };
}

/** The result of the call of that id. */
export function res(id: string, text = `result of ${id}`, extra: Partial<EventInput> = {}): EventInput {
  return {
    author: "tool",
    message: new ToolMessage({ content: text, tool_call_id: id, name: "lookup" }),
    ...extra,
  };
}

/** Gives events the ids e0, e1, ... and timestamps a second apart, unless they have their own. */
export function numbered(events: readonly EventInput[], startAt = 1_700_000_000_000): readonly EventInput[] {
  return events.map((event, at) => ({ id: `e${at}`, timestamp: startAt + at * 1000, ...event }));
}
