import assert from "node:assert/strict";
import { type SessionEvent, SessionNotFoundError } from "@sessionfold/core";
import { u } from "../../support/events.ts";
import type { PlacedStore } from "./place.ts";
import { surely } from "./surely.ts";
import { tell } from "./telling.ts";
import type { Told } from "./told.ts";

/** Events that one child stores at once, which a store may store together. */
const AT_ONCE = 4;
const say: (line: Told) => void = tell;

type Key = { readonly appName: string; readonly userId: string; readonly sessionId: string };

/** The session in which a child says several things at once, besides the one of its conversation. */
export function besideOf(key: Key): Key {
  return { ...key, userId: "beside" };
}

/** In a child: stores several events at once, and amid them one in a session that is not there, which must fail alone. */
export async function sayBeside(store: PlacedStore, key: Key, life: string): Promise<void> {
  const session = besideOf(key);
  const missing = { session: { ...key, sessionId: "missing" }, event: u("Nobody hears this") };
  const refused = surely(() => store.appendEvent(missing)).then(
    () => assert.fail("stored in a session that is not there"),
    (error: unknown) => {
      if (!(error instanceof SessionNotFoundError)) throw error;
    },
  );
  const appends = Array.from({ length: AT_ONCE }, async (_, at) => {
    const id = `${life}-${at}`;
    say({ kind: "asking", id });
    const event = u(`Said beside, ${id}`, { id, actions: { stateDelta: { [id]: at } } });
    const { seq } = await surely(() => store.appendEvent({ session, event }));
    say({ kind: "stored", id, seq });
  });
  await Promise.all([refused, ...appends]);
}

/** What was told of that session. */
export class BesideBooks {
  readonly #asked = new Set<string>();
  readonly #stored = new Map<string, number>();

  take(line: Told): void {
    if (line.kind === "asking") this.#asked.add(line.id);
    if (line.kind === "stored") this.#stored.set(line.id, line.seq);
  }

  /** All that was acknowledged is there where it was told to be, with its change of state, and nothing that nobody said. */
  check(log: readonly SessionEvent[], state: Readonly<Record<string, unknown>>): void {
    assert.deepEqual(
      log.map(({ seq }) => seq),
      log.map((_, at) => at),
      "positions are not contiguous",
    );
    const positions = new Map(log.map(({ id, seq }) => [id, seq]));
    assert.equal(positions.size, log.length, "an id is stored twice");
    for (const id of positions.keys()) assert.ok(this.#asked.has(id), `nobody has said ${id}`);
    for (const [id, seq] of this.#stored) assert.equal(positions.get(id), seq, `${id} is lost or elsewhere`);
    const own = Object.keys(state).filter((name) => !/^(app|user):/.test(name));
    assert.deepEqual(new Set(own), new Set(positions.keys()), "changes of state are lost or torn");
  }
}
