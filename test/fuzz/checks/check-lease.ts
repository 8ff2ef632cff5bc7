import type { Grant } from "../support/lease-book.ts";
import type { RunningSummary } from "../support/scripted-summarizer.ts";
import { nameOf } from "../support/storage.ts";
import { KEYS, type World } from "../support/world.ts";

/** Of the processes that share a store only the one with the lease may pay for a summary. */
export function checkLease(
  world: World,
  { decorator, key, scope }: RunningSummary,
  others: Iterable<RunningSummary>,
): void {
  const at = KEYS[key];
  if (world.shared === undefined || at === undefined) return;
  const name = scope === undefined ? "fold" : `fold:${scope}`;
  const grantOf = (who: string): Grant | undefined => world.leases.of(who, nameOf(at), name);
  const grant = grantOf(decorator);
  if (grant === undefined || grant.isOver) {
    world.broken("a summary was begun without a lease");
    return;
  }
  for (const other of others) {
    if (other.key !== key || other.scope !== scope || other.decorator === decorator) continue;
    const another = grantOf(other.decorator);
    if (another?.incarnation === grant.incarnation && world.leases.isHeld(another))
      world.broken("a summary was begun while another process has the lease");
  }
}
