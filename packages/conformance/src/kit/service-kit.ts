import type { SessionService } from "@sessionfold/core";
import { ConformanceFailure } from "../conformance-failure.ts";
import { withDisposal } from "./disposal.ts";

/** A length of long logs that is less than the suite's own, and why. */
export interface LongLog {
  /** How many events the long logs of the suite have. */
  readonly events: number;
  /** Why not more: for people, so a sentence. It stands in the title of the suite. */
  readonly reason: string;
}

/** What a store is opened and closed with. */
export interface StoreOptions {
  /** Makes a service without sessions. Called at least once a rule. */
  readonly create: () => SessionService | Promise<SessionService>;
  /**
   * Opens one more service over the storage of a given one, as another process would; both stay in use. Without it, the
   * rules that need it fail, so a service without storage exempts itself from them.
   */
  readonly reopen?: ((service: SessionService) => SessionService | Promise<SessionService>) | undefined;
  /** Closes a service that `create` or `reopen` made, the latest first. */
  readonly dispose?: ((service: SessionService) => unknown) | undefined;
  /** Shorter long logs, for a store that takes too long for 1,100 appends. Default: 1,100 events. */
  readonly longLog?: LongLog | undefined;
}

/** More than a page of any store or client library, which are 100, 300, 500 or 1,000 long. */
export const LONG_LOG = 1_100;

/** What the rules for a session service work with. */
export interface ServiceKit {
  /** A service without sessions. */
  service(): Promise<SessionService>;
  /** One more service over the storage of that one. @throws ConformanceFailure where there is no way to. */
  reopen(service: SessionService): Promise<SessionService>;
  /** How many events a long log has. */
  readonly longLog: number;
  /** The same, or the very service where there is no way to open one more. */
  another(service: SessionService): Promise<SessionService>;
}

/** Runs a task with a kit, and closes afterwards what was opened for it. */
export function withServiceKit(
  { create, reopen, dispose, longLog }: StoreOptions,
  task: (kit: ServiceKit) => Promise<void>,
): Promise<void> {
  return withDisposal((later) => {
    const opened = async (service: SessionService | Promise<SessionService>): Promise<SessionService> => {
      const made = await service;
      if (dispose !== undefined) later(() => dispose(made));
      return made;
    };
    const open = async (service: SessionService): Promise<SessionService> => {
      if (reopen === undefined)
        throw new ConformanceFailure(
          "Expected `reopen` to be given: without it nothing shows what is stored",
        );
      return opened(reopen(service));
    };
    return task({
      longLog: longLog?.events ?? LONG_LOG,
      service: () => opened(create()),
      reopen: open,
      another: async (service) => (reopen === undefined ? service : open(service)),
    });
  });
}
