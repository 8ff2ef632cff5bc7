import { applyState, mergeState, type ScopedState } from "../sessions/state-scopes.ts";
import { ConfigurationError, StoredDataError } from "../shared/errors.ts";
import { describe } from "../shared/validate.ts";

/** How far an entry of state reaches. */
export type StateScope = "app" | "user" | "session";

/** An entry of state as a store writes it. */
export interface StateRow {
  readonly scope: StateScope;
  /** With its prefix. */
  readonly name: string;
  /** JSON. */
  readonly value: string;
}

/** A change of state as rows, `temp:` keys left out. @throws ConfigurationError for a value that JSON cannot hold */
export function stateRows(delta: Readonly<Record<string, unknown>>): readonly StateRow[] {
  const state: ScopedState = { app: new Map(), user: new Map(), session: new Map() };
  applyState(state, delta);
  return (["app", "user", "session"] as const).flatMap((scope) =>
    [...state[scope]].flatMap(([name, value]) => {
      const json = jsonOf(value);
      return json === undefined ? [] : [{ scope, name, value: json }];
    }),
  );
}

/** The state that rows hold, as a session shows it. @throws StoredDataError for a value that is no JSON */
export function stateOfRows(rows: readonly StateRow[]): Record<string, unknown> {
  const state: ScopedState = { app: new Map(), user: new Map(), session: new Map() };
  for (const { scope, name, value } of rows) state[scope].set(name, parsedValue(value));
  return mergeState(state);
}

function parsedValue(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    // What is wrong with it is told by quoting it, so not here.
    throw new StoredDataError("A stored entry of state cannot be read");
  }
}

function jsonOf(value: unknown): string | undefined {
  try {
    // What JSON leaves out of an object, undefined and functions, is no entry.
    return JSON.stringify(value) as string | undefined;
  } catch {
    throw new ConfigurationError(`Expected a value of \`state\` to be plain JSON, got ${describe(value)}`);
  }
}
