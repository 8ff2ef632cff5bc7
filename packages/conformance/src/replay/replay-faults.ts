import {
  type EventJson,
  eventFromJson,
  eventToJson,
  type GetSessionRequest,
  type Session,
  type SessionService,
} from "@sessionfold/core";
import { jsonOf } from "./replay-record.ts";

/** What a store holds of a session, as plain JSON. */
export interface StoredContent {
  readonly events: readonly EventJson[];
  readonly state: Readonly<Record<string, unknown>>;
}

/** Something that may go wrong in a store. */
export interface ReplayFault {
  readonly name: string;
  /** The content with the fault in it; undefined where there is nothing that it could befall. */
  readonly apply: (content: StoredContent) => StoredContent | undefined;
}

type Change = (events: readonly EventJson[]) => readonly EventJson[] | undefined;

const inEvents = (name: string, change: Change): ReplayFault => ({
  name,
  apply: ({ events, state }) => {
    const changed = change(events);
    return changed && { events: changed, state };
  },
});

const isSummary = ({ actions }: EventJson): boolean => actions.summary !== undefined;
const isSaid = (event: EventJson): boolean => event.message !== undefined && !isSummary(event);
const recordOf = ({ actions }: EventJson): Record<string, unknown> =>
  actions.summary as Record<string, unknown>;

/** The events with another one in the place of the last one that is meant. */
function edited(
  events: readonly EventJson[],
  isMeant: (event: EventJson) => boolean,
  edit: (event: EventJson) => EventJson | undefined,
): readonly EventJson[] | undefined {
  const event = events.findLast(isMeant);
  const instead = event && edit(event);
  return instead && events.map((each) => (each === event ? instead : each));
}

const SAYS_OTHERWISE = "Something that nobody said.";
const ANOTHER = "another-session";

/** Faults that the harness must notice, each in every trajectory that it can befall. */
export const REPLAY_FAULTS: readonly ReplayFault[] = [
  inEvents("edited-author", (events) => edited(events, isSaid, (event) => ({ ...event, author: "nobody" }))),
  inEvents("edited-text", (events) =>
    edited(events, isSaid, (event) => {
      const { message } = event;
      return (
        message && { ...event, message: { ...message, data: { ...message.data, content: SAYS_OTHERWISE } } }
      );
    }),
  ),
  inEvents("lost-event", (events) => {
    const lost = events.findLast(isSaid);
    return lost && events.filter((event) => event !== lost);
  }),
  inEvents("doubled-event", (events) => {
    const event = events.find(isSaid);
    return event && [...events, { ...event, seq: seqBehind(events) }];
  }),
  inEvents("copied-event", (events) => {
    const event = events.find(isSaid);
    return event && [...events, { ...event, id: `${event.id}-copy`, seq: seqBehind(events) }];
  }),
  inEvents("changed-order", (events) => {
    const [first, second] = events.filter(isSaid).slice(-2);
    if (first === undefined || second === undefined) return undefined;
    const swapped = new Map([
      [first, { ...second, seq: first.seq }],
      [second, { ...first, seq: second.seq }],
    ]);
    return events.map((event) => swapped.get(event) ?? event);
  }),
  {
    name: "changed-state",
    apply: ({ events, state }) => {
      const [key = "made-up"] = Object.keys(state);
      return { events, state: { ...state, [key]: "something else" } };
    },
  },
  inEvents("lost-summary", (events) => {
    const lost = events.findLast(isSummary);
    return lost && events.filter((event) => event !== lost);
  }),
  inEvents("older-summary", (events) => {
    const older = events.filter(isSummary).at(-2);
    return (
      older &&
      edited(events, isSummary, (event) => ({
        ...event,
        ...(older.message && { message: older.message }),
        actions: { ...event.actions, summary: { ...recordOf(older), id: event.id } },
      }))
    );
  }),
  inEvents("summary-of-another", (events) => {
    const own = edited(events, isSummary, (event) => ({
      ...event,
      actions: { ...event.actions, summary: { ...recordOf(event), sessionId: ANOTHER } },
    }));
    return own ?? [...events, foreignSummary(events)];
  }),
];

/**
 * The service with the fault in all that it reads, and nothing but what every session service offers. In a store with rows of
 * its own, rather change the rows.
 */
export function faultyReads(inner: SessionService, fault: ReplayFault): SessionService {
  return {
    createSession: (request) => inner.createSession(request),
    listSessions: (request) => inner.listSessions(request),
    deleteSession: (request) => inner.deleteSession(request),
    appendEvent: (request) => inner.appendEvent(request),
    async getSession({ afterSeq, ...request }: GetSessionRequest): Promise<Session | null> {
      const session = await inner.getSession({ ...request, view: "full" });
      if (session === null) return null;
      const content = jsonOf({ events: session.events.map(eventToJson), state: session.state });
      const { events, state } = fault.apply(content) ?? content;
      const read = [...events].sort((a, b) => a.seq - b.seq).map((event) => eventFromJson(event));
      return { ...session, state: { ...state }, events: read.filter(({ seq }) => seq > (afterSeq ?? -1)) };
    },
  };
}

function seqBehind(events: readonly EventJson[]): number {
  return (events.at(-1)?.seq ?? -1) + 1;
}

function foreignSummary(events: readonly EventJson[]): EventJson {
  const [first] = events;
  const seq = seqBehind(events);
  const covered = first === undefined ? [] : [first.id];
  const coverage = { direct: covered, replaces: [], omitted: [], fromSeq: 0, toSeq: 0, planSeq: seq - 1 };
  const figures = { originalEventCount: 1, compressedEventCount: 1, originalTokens: 1, summaryTokens: 1 };
  const made = {
    createdAt: 0,
    model: null,
    trigger: "force",
    usage: null,
    durationMs: 0,
    level: 0,
    version: 1,
  };
  const id = "summary-of-another";
  return {
    id,
    seq,
    author: "system",
    timestamp: 0,
    actions: {
      summary: { id, sessionId: ANOTHER, text: SAYS_OTHERWISE, coverage, ...figures, ...made, metadata: {} },
    },
  };
}
