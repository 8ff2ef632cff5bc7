import {
  type EventDeletingService,
  eventFromJson,
  type SessionEvent,
  type SessionKey,
  type SessionService,
} from "@sessionfold/core";

/** What a store held for a key between two changes. */
export interface Version {
  readonly index: number;
  /** Counts the sessions made under the key. */
  readonly incarnation: number;
  /** Every entry in log order; null where there is no session. */
  readonly events: readonly SessionEvent[] | null;
  /** Index of the version that whoever made the change had last read, where that is known. */
  readonly readTo: number | undefined;
  /** Ids that were pruned in this incarnation. */
  readonly pruned: ReadonlySet<string>;
}

/** What changed a store. */
export type Change = "create" | "append" | "delete" | "prune";

/** Told of every change. */
export type OnChange = (key: string, change: Change, now: Version, before: Version) => void;

/** A store that several services share, with all that it ever held: what is checked is compared with this. */
export class Storage {
  readonly service: SessionService & Partial<EventDeletingService>;
  readonly #versions = new Map<string, Version[]>();
  readonly #onChange: OnChange;
  readonly #look: ((key: SessionKey) => Promise<void>) | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #running = 0;
  #isClosed = false;

  /** `look` is for stores outside of virtual time: it looks at them after every change. */
  constructor(service: SessionService, onChange: OnChange, look?: (key: SessionKey) => Promise<void>) {
    this.service = service;
    this.#onChange = onChange;
    this.#look = look;
  }

  /** Whether a store that is outside of virtual time has yet to answer. */
  get isBusy(): boolean {
    return this.#look !== undefined && this.#running > 0;
  }

  /** Lets no more calls through, which the end of a run leaves behind, and waits for those that are under way. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.answered();
  }

  /** Waits until the store has answered all calls. */
  async answered(): Promise<void> {
    while (this.#running > 0) await this.#last;
  }

  /** Everything that the store held for a key, oldest first. */
  versions(key: string): readonly Version[] {
    let versions = this.#versions.get(key);
    if (versions === undefined) {
      versions = [{ index: 0, incarnation: 0, events: null, readTo: undefined, pruned: new Set() }];
      this.#versions.set(key, versions);
    }
    return versions;
  }

  /** What the store holds for a key. */
  latest(key: string): Version {
    return this.versions(key).at(-1) as Version;
  }

  /** One call that changes nothing, between two changes. */
  read<T>(work: () => Promise<T>): Promise<T> {
    if (this.#isClosed) return new Promise(() => {});
    this.#running++;
    const result = this.#last.then(work);
    const over = (): void => {
      this.#running--;
    };
    this.#last = result.then(over, over);
    return result;
  }

  /** Within a call: looks at what the store keeps besides the log. */
  async look(key: SessionKey): Promise<void> {
    await this.#look?.(key);
  }

  /** One call that changes what is stored for a key, by one who had read up to a version, and a look at what it has become. */
  change<T>(key: SessionKey, change: Change, work: () => Promise<T>, readTo?: number): Promise<T> {
    return this.read(async () => {
      const result = await work();
      const name = nameOf(key);
      const before = this.latest(name);
      const session = await this.service.getSession(key);
      const events = session === null ? null : inOrder(session.events.map(eventFromJson));
      const isNew = change === "create" && before.events === null;
      const gone =
        change === "prune"
          ? (before.events ?? []).map(({ id }) => id).filter((id) => !events?.some((each) => each.id === id))
          : [];
      const now: Version = {
        index: before.index + 1,
        incarnation: before.incarnation + (isNew ? 1 : 0),
        events,
        readTo,
        pruned: isNew ? new Set() : new Set([...before.pruned, ...gone]),
      };
      this.#versions.get(name)?.push(now);
      this.#onChange(name, change, now, before);
      await this.look(key);
      return result;
    });
  }
}

/** The name of a key in the books of a run. */
export function nameOf({ appName, userId, sessionId }: SessionKey): string {
  return `${appName}/${userId}/${sessionId}`;
}

function inOrder(events: readonly SessionEvent[]): readonly SessionEvent[] {
  return [...events].sort((a, b) => a.seq - b.seq || (a.id < b.id ? -1 : 1));
}
