import {
  AppendConflictError,
  type ConditionalAppendService,
  InMemorySessionService,
  type Lease,
  type LeasingService,
  type SessionKey,
} from "@sessionfold/core";
import type { AlsoBroken, Broken } from "./wrap.ts";

type Claiming = InMemorySessionService & ConditionalAppendService & LeasingService;

/** An in-memory service that offers conditions and leases, in some way. */
function claiming(defect: string, methods: (inner: InMemorySessionService) => Partial<Claiming>): Broken {
  return {
    defect,
    create: () => {
      const inner = new InMemorySessionService();
      return Object.assign(inner, { supportsConditions: true }, methods(inner));
    },
  };
}

/** Leases that are granted as it is said. */
function leases(grants: (held: Lease | undefined) => Lease | null) {
  return (): Partial<Claiming> => {
    const held = new Map<string, Lease>();
    const nameOf = ({ sessionId }: SessionKey, name: string): string => `${sessionId}/${name}`;
    return {
      acquireLease: async ({ name, ...key }) => {
        const lease = grants(held.get(nameOf(key, name)));
        if (lease !== null) held.set(nameOf(key, name), { ...lease, name });
        return lease && { ...lease, name };
      },
      renewLease: async ({ lease, ...key }) => held.get(nameOf(key, lease.name))?.token === lease.token,
      releaseLease: async ({ lease, ...key }) => {
        if (held.get(nameOf(key, lease.name))?.token === lease.token) held.delete(nameOf(key, lease.name));
      },
    };
  };
}

let next = 0;

/** Services that offer what they do not hold. */
export const BROKEN_CLAIMS: Readonly<Record<string, Broken>> = {
  "claim-conditions": claiming("looks at the end of the log, and writes later", (inner) => {
    const append = inner.appendEvent.bind(inner);
    return {
      appendEvent: async (request) => {
        const { events = [] } = (await inner.getSession(request.session as SessionKey)) ?? {};
        const isKnown = events.some(({ id }) => id === request.event.id);
        const last = events.at(-1)?.seq ?? -1;
        if (!isKnown && request.condition?.lastSeq !== undefined && request.condition.lastSeq !== last)
          throw new AppendConflictError("session");
        return append({ ...request, condition: undefined });
      },
    };
  }),
  "claim-leases": claiming(
    "grants a lease to all who ask",
    leases(() => ({ name: "", token: ++next })),
  ),
  "claim-fenced": claiming(
    "takes an append under any lease",
    leases(() => ({ name: "", token: ++next })),
  ),
};

/** Others that do. */
export const ALSO_BROKEN_CLAIMS: readonly AlsoBroken[] = [
  {
    rule: "claim-conditions",
    ...claiming("hears no condition", (inner) => {
      const append = inner.appendEvent.bind(inner);
      return { appendEvent: (request) => append({ ...request, condition: undefined }) };
    }),
  },
  {
    rule: "claim-leases",
    ...claiming(
      "gives a token again",
      leases((held) => (held === undefined ? { name: "", token: 1 } : null)),
    ),
  },
];
