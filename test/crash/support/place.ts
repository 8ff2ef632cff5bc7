import type {
  ConditionalAppendService,
  EventDeletingService,
  FoldKeepingService,
  ImportingService,
  LeasingService,
  SearchingService,
} from "@sessionfold/core";
import { PostgresSessionService } from "@sessionfold/postgres";
import { SqliteSessionService } from "@sessionfold/sqlite";

/** A storage that processes share, as they tell each other of it. */
export type Place =
  | { readonly kind: "sqlite"; readonly path: string }
  | { readonly kind: "postgres"; readonly url: string };

/** A store over such a storage. */
export type PlacedStore = EventDeletingService &
  ConditionalAppendService &
  FoldKeepingService &
  ImportingService &
  LeasingService &
  SearchingService & {
    close(): Promise<void>;
    /** Takes what is left of deleted texts out of the files, where the engine leaves any. */
    readonly purge?: () => Promise<void>;
  };

/** Opens a store over a storage, which is made where it is missing. */
export async function openPlace(place: Place): Promise<PlacedStore> {
  if (place.kind === "postgres") {
    const store = new PostgresSessionService({ connectionString: place.url });
    await store.setup();
    return store;
  }
  const store = new SqliteSessionService(place.path);
  // What was deleted is purged by `close` only where the tests of that look at it: it takes long in a large file.
  return new Proxy(store, {
    get(target, name) {
      if (name === "close") return () => target.close({ purge: false });
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** The same store, as one that keeps no folds, so that whoever uses it reads the whole log. */
export function withoutFolds(store: PlacedStore): EventDeletingService & ConditionalAppendService {
  return {
    supportsConditions: true,
    createSession: (request) => store.createSession(request),
    getSession: (request) => store.getSession(request),
    listSessions: (request) => store.listSessions(request),
    deleteSession: (request) => store.deleteSession(request),
    appendEvent: (request) => store.appendEvent(request),
    deleteEvents: (request) => store.deleteEvents(request),
  };
}
