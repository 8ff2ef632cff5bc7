import type { EventInput } from "../events/create-event.ts";
import { deepCopy } from "../shared/deep-copy.ts";

/** State, by how far it reaches. */
export interface ScopedState {
  readonly app: Map<string, unknown>;
  readonly user: Map<string, unknown>;
  readonly session: Map<string, unknown>;
}

const APP = "app:";
const USER = "user:";
const TEMP = "temp:";

/** Writes a change of state to where its keys' prefixes say. `temp:` keys are left out. */
export function applyState(state: ScopedState, delta: Readonly<Record<string, unknown>>): void {
  for (const [key, value] of Object.entries(deepCopy(delta))) {
    // State is JSON, which has no undefined.
    if (key.startsWith(TEMP) || value === undefined) continue;
    if (key.startsWith(APP)) state.app.set(key, value);
    else if (key.startsWith(USER)) state.user.set(key, value);
    else state.session.set(key, value);
  }
}

/** Whether an entry of state is a session's own: neither the app's, nor the user's, nor one that is not stored. */
export function isSessionState(key: string): boolean {
  return ![APP, USER, TEMP].some((prefix) => key.startsWith(prefix));
}

/** The state as a session shows it: prefixes kept, a copy. */
export function mergeState(state: ScopedState): Record<string, unknown> {
  return deepCopy(Object.fromEntries([...state.app, ...state.user, ...state.session]));
}

/** The change without its `temp:` keys, as it is stored. */
function withoutTemporary(delta: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(delta).filter(([key]) => !key.startsWith(TEMP)));
}

/** The event as it is stored: without changes of `temp:` keys. */
export function withoutTemporaryState(input: EventInput): EventInput {
  const delta = input?.actions?.stateDelta;
  if (typeof delta !== "object" || delta === null || Array.isArray(delta)) return input;
  return { ...input, actions: { ...input.actions, stateDelta: withoutTemporary(delta) } };
}
