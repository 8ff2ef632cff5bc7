import type { Mark } from "@sessionfold/core";
import {
  createEvent,
  type EventInput,
  eventFromJson,
  eventToJson,
  type InMemorySessionService,
} from "@sessionfold/core";
import { JsonSessionService } from "../json-session-service.ts";
import { type AlsoBroken, type Broken, broken, isWhole, showing, storing, wrap } from "./wrap.ts";

/** Stores an event by a JSON of its own. */
function writing(defect: string, edit: (text: string) => string): Broken {
  return storing(defect, (event) => {
    const { partial: _, ...whole } = createEvent(event, 0, Date.now);
    return eventFromJson(JSON.parse(edit(JSON.stringify(eventToJson(whole)))));
  });
}

/** JSON with its values changed. */
const mapped = (edit: (value: unknown) => unknown) => (text: string) =>
  JSON.stringify(JSON.parse(text, (_, value: unknown) => edit(value)));

const sorted = (value: unknown): unknown =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.fromEntries(
        Object.entries(value).toSorted(([a], [b]) => a.length - b.length || (a < b ? -1 : 1)),
      )
    : value;

/** The event with its time changed. */
const timed = (defect: string, edit: (time: number) => number): Broken =>
  storing(defect, ({ timestamp, ...event }) =>
    Number.isFinite(timestamp) ? { ...event, timestamp: edit(timestamp as number) } : { ...event, timestamp },
  );

const float32 = new Float32Array(1);

/** The event with the fields of its summary that a table has columns for. */
function withColumns(event: EventInput): EventInput {
  const summary = event.actions?.summary as Record<string, unknown> | undefined;
  if (summary === undefined || summary.version === 1) return event;
  const columns = [
    "id",
    "sessionId",
    "text",
    "coverage",
    "originalEventCount",
    "compressedEventCount",
    "version",
  ];
  const known = Object.fromEntries(Object.entries(summary).filter(([name]) => columns.includes(name)));
  return { ...event, actions: { ...event.actions, summary: { ...known, metadata: summary.metadata } } };
}

/** Services that break a rule on data. */
export const BROKEN_DATA: Readonly<Record<string, Broken>> = {
  "data-blocks": storing("flattens the blocks of results", (event) => {
    const { message } = createEvent(event, 0, Date.now);
    if (message?.type === "tool") message.content = message.text;
    return { ...event, message };
  }),
  "data-numbers": writing(
    "stores numbers of 15 digits",
    mapped((value) =>
      typeof value === "number" && !Number.isSafeInteger(value) ? Number(value.toPrecision(15)) : value,
    ),
  ),
  "data-times": timed("stores times by the microsecond", (time) => Math.trunc(time * 1000) / 1000),
  "data-deep": broken("reads JSON of a thousand levels", (inner) => ({
    appendEvent: (request) => {
      if (!isWhole(request.event)) return inner.appendEvent(request);
      const text = JSON.stringify(request.event) ?? "";
      let [depth, deepest] = [0, 0];
      for (const letter of text) {
        if (letter === "{" || letter === "[") deepest = Math.max(deepest, ++depth);
        if (letter === "}" || letter === "]") depth--;
      }
      const { actions: _, message: __, ...rest } = request.event;
      return inner.appendEvent(deepest > 1000 ? { ...request, event: rest } : request);
    },
  })),
  "data-order": writing("sorts fields", mapped(sorted)),
  "data-notes": storing("reads the fields of a later summary that it knows", withColumns),
  "data-reopened": {
    defect: "numbers sessions anew when it is opened",
    create: () => numbering(new JsonSessionService()),
    reopen: (service) => numbering((service as unknown as { storage: JsonSessionService }).storage.another()),
  },
};

/** Tells incarnations that it numbers in its own memory. */
function numbering(storage: JsonSessionService): InMemorySessionService {
  let made = 0;
  const told = new Map<string | undefined, string>();
  const nameOf = (incarnation: string | undefined): string => {
    const name = told.get(incarnation) ?? `session ${++made}`;
    told.set(incarnation, name);
    return name;
  };
  const service = wrap<InMemorySessionService>(storage, {
    createSession: async (request) => {
      const session = await storage.createSession(request);
      return { ...session, incarnation: nameOf(session.incarnation) };
    },
    getSession: async (request) => {
      const session = await storage.getSession(request);
      return session && { ...session, incarnation: nameOf(session.incarnation) };
    },
  });
  return Object.assign(service, { storage });
}

/** Others that do. */
export const ALSO_BROKEN_DATA: readonly AlsoBroken[] = [
  {
    rule: "data-blocks",
    ...storing("drops blocks that it does not know", (event) => {
      const { message } = createEvent(event, 0, Date.now);
      if (message !== undefined && Array.isArray(message.content))
        message.content = message.content.filter(({ type }) => !type.startsWith("vendor."));
      return { ...event, message };
    }),
  },
  { rule: "data-times", ...timed("stores times by the second", (time) => Math.trunc(time / 1000) * 1000) },
  {
    rule: "data-times",
    ...timed("stores times as single floats", (time) => {
      float32[0] = time;
      return float32[0] ?? 0;
    }),
  },
  {
    rule: "data-times",
    ...timed("stores dates", (time) => {
      const date = new Date(time).getTime();
      return Number.isNaN(date) ? 0 : date;
    }),
  },
  {
    rule: "data-numbers",
    ...showing("shows state as integers of 64 bits", ({ state }) => ({
      state: JSON.parse(JSON.stringify(state), (_, value: unknown) =>
        typeof value === "number" && value >= 2 ** 63 ? 2 ** 63 - 1024 : value,
      ) as Record<string, unknown>,
    })),
  },
  {
    rule: "data-notes",
    ...storing("stores marks of at most sixteen targets", (event) => {
      const given = event.actions?.marks as unknown;
      if (!Array.isArray(given) || given.some((mark: Partial<Mark>) => !Array.isArray(mark.targets)))
        return event;
      const marks = event.actions?.marks?.map((mark) => ({ ...mark, targets: mark.targets.slice(0, 16) }));
      return marks === undefined ? event : { ...event, actions: { ...event.actions, marks } };
    }),
  },
];
