import { keyString, type SessionKey } from "../events/session-key.ts";
import { TrackedSession, type TrackedSessionOptions } from "./tracked-session.ts";

/** The sessions that a decorator knows, by key; of those not used for longest, only so many are remembered. */
export class TrackedSessions {
  readonly #byKey = new Map<string, TrackedSession>();
  readonly #most: number;
  readonly #options: TrackedSessionOptions;

  constructor(most: number, options: TrackedSessionOptions) {
    this.#most = most;
    this.#options = options;
  }

  /** Those that are known at the call. */
  get known(): readonly TrackedSession[] {
    return [...this.#byKey.values()];
  }

  /** Works with the session of that key, which stays known meanwhile: two queues must never serve one key. */
  async use<T>(key: SessionKey, task: (tracked: TrackedSession) => Promise<T>): Promise<T> {
    const tracked = this.#of(key);
    tracked.users++;
    try {
      return await task(tracked);
    } finally {
      tracked.users--;
      this.#evict();
    }
  }

  #of(key: SessionKey): TrackedSession {
    const id = keyString(key);
    const tracked = this.#byKey.get(id) ?? new TrackedSession(key, this.#options);
    // The order of the map is the order of use.
    this.#byKey.delete(id);
    this.#byKey.set(id, tracked);
    return tracked;
  }

  #evict(): void {
    if (this.#byKey.size <= this.#most) return;
    for (const [id, tracked] of this.#byKey) {
      if (this.#byKey.size <= this.#most) return;
      if (tracked.users === 0) this.#byKey.delete(id);
    }
  }
}
