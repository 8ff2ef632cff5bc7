import { AIMessage, type BaseMessage, HumanMessage, ToolMessage } from "@langchain/core/messages";
import { marker } from "./summarizer-script.ts";

/** Filler without a fact in it, of about so many characters. */
export function filler(characters: number, seed = 0): string {
  const words = ["the", "usual", "talk", "about", "nothing", "much", "goes", "on", "and", "so", "it", "does"];
  let text = "";
  for (let at = seed; text.length < characters; at++) text += `${words[at % words.length]} `;
  return text.trim();
}

/** A chat of so many messages, user and assistant in turn; each has a marker `MARK-name-n` and so much filler. */
export function chat(messages: number, { name = "chat", characters = 60, from = 0 } = {}): BaseMessage[] {
  return Array.from({ length: messages }, (_, at) => {
    const number = from + at;
    const content = `${marker(name, number)} ${filler(characters, number)}`;
    const id = `${name}-${number}`;
    return number % 2 === 0 ? new HumanMessage({ content, id }) : new AIMessage({ content, id });
  });
}

/** So many tool rounds of one call each; the result has a marker and so much filler. */
export function toolRounds(rounds: number, { name = "tool", characters = 60, from = 0 } = {}): BaseMessage[] {
  return Array.from({ length: rounds }, (_, at) => {
    const number = from + at;
    const call = { name: "look_up", args: { topic: `topic ${number}` }, id: `${name}-call-${number}` };
    return [
      new AIMessage({ content: "", tool_calls: [call], id: `${name}-ai-${number}` }),
      new ToolMessage({
        content: `${marker(name, number)} ${filler(characters, number)}`,
        tool_call_id: call.id,
        name: call.name,
        id: `${name}-result-${number}`,
      }),
    ];
  }).flat();
}

/** A user message. */
export function human(content: string, id?: string): HumanMessage {
  return new HumanMessage({ content, ...(id !== undefined && { id }) });
}

/** The configuration of a thread. */
export function thread(name = "thread"): { configurable: { thread_id: string }; recursionLimit: number } {
  return { configurable: { thread_id: name }, recursionLimit: 1000 };
}
