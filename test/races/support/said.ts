import type { EventInput } from "@sessionfold/core";
import { a, call, res, u } from "../../support/events.ts";

const FILLER = "and so on, at some length, as people do when they explain what they want";

/** What a process says, turn by turn, under ids that tell who and in which order. */
export function said(name: string, turns: number): readonly EventInput[] {
  const events = Array.from({ length: turns }, (_, turn) => [
    u(`${name} asks ${turn}, ${FILLER}?`),
    call(`${name}-${turn}`),
    res(`${name}-${turn}`, `Found for ${name}, ${FILLER}.`),
    a(`An answer to ${name}, ${turn}, ${FILLER}.`),
  ]).flat();
  return events.map((event, at) => ({ ...event, id: `${name}:${at}`, timestamp: 1_700_000_000_000 + at }));
}
