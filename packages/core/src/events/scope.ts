import { isUserEvent, type SessionEvent } from "./session-event.ts";
import type { ToolRounds } from "./tool-rounds.ts";

/**
 * Whether an event belongs to a scope: the agent of that name, or the branch of that path with all below it. A tool
 * result belongs to its round's call. A user event has no owner, unless its branch says so. No scope is everything.
 */
export function inScope(event: SessionEvent, scope: string | undefined, rounds: ToolRounds): boolean {
  if (scope === undefined) return true;
  const owner = rounds.roundOf(event)?.call ?? event;
  if (owner.branch === scope || owner.branch?.startsWith(`${scope}.`) === true) return true;
  return owner.author === scope && !isUserEvent(owner);
}
