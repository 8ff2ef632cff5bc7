import { AIMessage, HumanMessage, ToolMessage } from "@langchain/core/messages";
import type { EventInput } from "@sessionfold/core";
import { a, u } from "./events.ts";

/** Where in a conversation a text can stand. */
export const PLACES = [
  "user text",
  "agent text",
  "content block",
  "tool result",
  "tool name",
  "tool arguments",
  "malformed arguments",
  "call id",
  "author",
  "message name",
  "branch",
] as const;

/** One of these places. */
export type Place = (typeof PLACES)[number];

/** A conversation of three turns with the text at one place of the first. */
export function planted(place: Place, text: string): readonly EventInput[] {
  const at = (where: Place, otherwise: string): string => (place === where ? text : otherwise);
  const id = at("call id", "c1");
  const tool = at("tool name", "lookup");
  const arguments_ =
    place === "malformed arguments"
      ? {}
      : { query: at("tool arguments", "tea"), [at("tool arguments", "in")]: 1 };
  const question = at("user text", "Where is the tea?");
  return [
    {
      author: "user",
      message: new HumanMessage({
        content:
          place === "content block"
            ? [
                { type: "text", text },
                { type: "text", text },
              ]
            : question,
        ...(place === "message name" && { name: text }),
      }),
      ...(place === "branch" && { branch: text }),
    },
    {
      author: at("author", "agent"),
      message: new AIMessage({
        content: at("agent text", "I look."),
        ...(place === "message name" && { name: text }),
        ...(place === "malformed arguments"
          ? { invalid_tool_calls: [{ id, name: tool, args: text, error: "no JSON" }] }
          : { tool_calls: [{ id, name: tool, args: arguments_ }] }),
      }),
    },
    {
      author: at("author", "tool"),
      message: new ToolMessage({ content: at("tool result", "On the shelf."), tool_call_id: id, name: tool }),
    },
    a("It is on the shelf."),
    u("Thanks."),
    a("You are welcome."),
    u("What else?"),
  ];
}
