import type { EventInput } from "@sessionfold/core";
import { a, call, res, u } from "../../support/events.ts";

/** Entries of one stretch of the conversation: two turns, one of them with tools, and a note. */
export const STRETCH = 8;

const START = 1_700_000_000_000;
const FILLER = "and so on, at some length, as people do when they explain what they want";

/** What an entry's state is changed by; nothing where it changes none. */
export function deltaOf(at: number): Readonly<Record<string, unknown>> {
  return entry(at).actions?.stateDelta ?? {};
}

export function idOf(at: number): string {
  return `e${at}`;
}

/** Number of an entry by its id; undefined for a summary or a mark that no entry is. */
export function numberOf(id: string): number | undefined {
  return /^e\d+$/.test(id) ? Number(id.slice(1)) : undefined;
}

/**
 * An entry of a conversation without end, the same by its number whoever says it: turns with a tool round whose results come
 * in the wrong order, call ids that repeat, changes of all three states, entries that are pinned, skipped, and neither again.
 */
export function entry(at: number): EventInput {
  const stretch = Math.floor(at / STRETCH);
  const input = inputOf(at % STRETCH, stretch, at);
  return { ...input, id: idOf(at), timestamp: START + at * 1000 };
}

function inputOf(step: number, stretch: number, at: number): EventInput {
  const calls = [`a${stretch % 3}`, `b${stretch % 3}`] as const;
  switch (step) {
    case 0:
      return u(`Question ${at}, ${FILLER}?`, { actions: { stateDelta: { turn: at, "app:last": at } } });
    case 1:
      return call(calls);
    case 2:
      return res(calls[1], `Found ${at}, ${FILLER}.`);
    case 3:
      return res(calls[0], `Found ${at}, ${FILLER}.`, {
        actions: { stateDelta: { [`seen${stretch % 5}`]: [at], "user:total": at } },
      });
    case 4:
      return a(`Answer ${at}, ${FILLER}.`);
    case 5:
      return u(`Also ${at}, ${FILLER}?`, {
        actions: { ...(stretch % 4 === 0 && { skipSummarization: true }) },
      });
    case 6:
      return a(`Answer ${at}, ${FILLER}.`, { actions: { stateDelta: { turn: null } } });
    default:
      return noteOf(stretch, at);
  }
}

function noteOf(stretch: number, at: number): EventInput {
  const first = at - STRETCH + 1;
  switch (stretch % 4) {
    case 0:
      return marks("pin", first + 4);
    case 1:
      return { author: "agent", actions: { stateDelta: { note: `at ${at}` } } };
    case 2:
      return marks("unpin", first - 2 * STRETCH + 4);
    default:
      return marks("unskip", first - 3 * STRETCH + 5);
  }
}

function marks(kind: "pin" | "unpin" | "unskip", target: number): EventInput {
  return { author: "system", actions: { marks: [{ kind, targets: [idOf(target)] }] } };
}
