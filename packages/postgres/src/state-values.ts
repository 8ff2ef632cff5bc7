import { ConfigurationError, InvalidEventError } from "@sessionfold/core";
import { type SessionKey, type StateRow, stateRows } from "@sessionfold/core/storage";
import { stateHindrance } from "./names.ts";

/** Entries of state as parameters of a statement: user ids, session ids, names and values. */
export type StateValues = readonly [
  users: readonly string[],
  sessions: readonly string[],
  names: readonly string[],
  values: readonly string[],
];

/** A change of state as parameters. What reaches further than the session has no session id, or no user id either. */
export function stateValues({ userId, sessionId }: SessionKey, rows: readonly StateRow[]): StateValues {
  return [
    rows.map(({ scope }) => (scope === "app" ? "" : userId)),
    rows.map(({ scope }) => (scope === "session" ? sessionId : "")),
    rows.map(({ name }) => name),
    rows.map(({ value }) => value),
  ];
}

/** The first state of a session as rows. @throws ConfigurationError for what the database cannot hold */
export function firstState(state: Readonly<Record<string, unknown>>): readonly StateRow[] {
  const rows = stateRows(state);
  const problem = stateHindrance(rows.map(({ name }) => name));
  if (problem !== undefined) throw new ConfigurationError(`Expected \`state\` to have ${problem}`);
  return rows;
}

/** An event's change of state as rows. @throws InvalidEventError for what the database cannot hold */
export function changeOfState(delta: Readonly<Record<string, unknown>> | undefined): readonly StateRow[] {
  if (delta === undefined) return [];
  const rows = stateRows(delta);
  const problem = stateHindrance(rows.map(({ name }) => name));
  if (problem !== undefined)
    throw new InvalidEventError(`Expected \`event.actions.stateDelta\` to have ${problem}`);
  return rows;
}
