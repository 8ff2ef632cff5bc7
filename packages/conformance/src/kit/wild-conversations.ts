import { AIMessage, SystemMessage } from "@langchain/core/messages";
import type { EventInput } from "@sessionfold/core";
import { agent, calls, result, START, user } from "./said.ts";

/** Ids of calls are few, since they repeat in real sessions. */
const CALL_IDS = ["c1", "c2", "c3"];

/** What may come next, whatever came before: results without calls, calls without results, other agents between. */
const STEPS: readonly ((text: string, id: string, other: string) => EventInput)[] = [
  (text) => user(text),
  (text) => user(text),
  (text) => agent(text),
  (text) => agent(text),
  (_, id) => calls([id]),
  (_, id, other) => calls(id === other ? [id] : [id, other]),
  (_, id) => calls([id], { author: "helper" }),
  (_, id) => result(id),
  (_, id) => result(id),
  (_, id) => result(id),
  (text) => agent(text, { author: "helper" }),
  (text) => ({ author: "system", message: new SystemMessage(text) }),
  () => agent("   "),
  (_, id) => ({
    author: "agent",
    message: new AIMessage({
      content: "",
      invalid_tool_calls: [{ id, name: "lookup", args: "{oops", error: "Malformed args." }],
    }),
  }),
];

/** So many conversations of so many events, always the same ones, in an order that nobody would plan. */
export function wildConversations(count: number, length: number): readonly (readonly EventInput[])[] {
  return Array.from({ length: count }, (_, seed) => {
    const next = numbersFrom(seed + 1);
    return Array.from({ length }, (_, at): EventInput => {
      const step = pick(STEPS, next());
      const [id, other] = [pick(CALL_IDS, next()), pick(CALL_IDS, next())];
      return {
        ...step(`line ${at} of conversation ${seed}`, id, other),
        id: `w${at}`,
        timestamp: START + at,
      };
    });
  });
}

/** Numbers from 0 to 1 that follow from the seed alone (a linear congruential generator). */
function numbersFrom(seed: number): () => number {
  let state = (seed * 2_654_435_761) % 4_294_967_296;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 4_294_967_296;
  };
}

function pick<T>(list: readonly [T, ...T[]] | readonly T[], number: number): T {
  return list[Math.floor(number * list.length)] as T;
}
