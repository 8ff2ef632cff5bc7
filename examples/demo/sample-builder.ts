import { AIMessage, HumanMessage, SystemMessage, ToolMessage } from "@langchain/core/messages";
import type { TranscriptEvent } from "./formats/transcript.ts";

/** A tool call of the sample; without a result it was never answered. */
export interface SampleCall {
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly result: string | undefined;
}

/** Builds the events of a conversation turn by turn, so that its text reads like one. */
export interface SampleBuilder {
  readonly events: readonly TranscriptEvent[];
  system(text: string): void;
  /**
   * A user's message, rounds of tool calls (a list is a parallel round), and the answer; "" is none, because the user
   * broke in.
   */
  turn(question: string, answer: string, ...rounds: readonly (SampleCall | readonly SampleCall[])[]): void;
}

/** A call with its result. */
export function call(name: string, args: Readonly<Record<string, unknown>>, result?: string): SampleCall {
  return { name, args, result };
}

const START = Date.UTC(2025, 10, 20, 12, 20);
const MINUTE = 60_000;

/** An empty conversation. */
export function sampleBuilder(): SampleBuilder {
  const events: TranscriptEvent[] = [];
  const add = (event: TranscriptEvent): void => {
    events.push({ ...event, timestamp: START + events.length * MINUTE });
  };
  let calls = 0;
  const round = (list: readonly SampleCall[]): void => {
    const numbered = list.map((made) => ({ ...made, id: `call-${++calls}` }));
    const tool_calls = numbered.map(({ id, name, args }) => ({ id, name, args: { ...args } }));
    add({ author: "assistant", message: new AIMessage({ content: "", tool_calls }) });
    for (const { id, name, result } of numbered) {
      if (result === undefined) continue;
      add({ message: new ToolMessage({ content: result, tool_call_id: id, name }) });
    }
  };
  return {
    events,
    system: (text) => {
      add({ message: new SystemMessage(text) });
    },
    turn: (question, answer, ...rounds) => {
      add({ message: new HumanMessage(question) });
      for (const calls of rounds) round(Array.isArray(calls) ? calls : [calls as SampleCall]);
      if (answer !== "") add({ author: "assistant", message: new AIMessage(answer) });
    },
  };
}
