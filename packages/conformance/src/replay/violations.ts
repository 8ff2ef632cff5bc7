import {
  type EventJson,
  eventFromJson,
  eventToJson,
  FoldedLog,
  isConversationEvent,
  type SessionEvent,
  type SessionKey,
  windowOf,
} from "@sessionfold/core";
import { differenceOf } from "../asserts/difference.ts";
import { requestProblem } from "../kit/request-problem.ts";
import { jsonOf, type ReplayRecord } from "./replay-record.ts";
import type { ReplaySnapshot } from "./replay-snapshot.ts";

/** The rules that hold for every store by itself. */
export const REPLAY_RULES = {
  played: "the operations do what they are there for",
  key: "the session is found under the key that it was made with",
  ids: "no id stands twice in the store",
  positions: "positions rise along the log",
  log: "the store holds what was sent and acknowledged, all of it once, in order, and nothing else",
  view: "a folding service tells the same log",
  state: "the state is what the operations made it",
  owner: "a summary belongs to this session",
  versions: "versions of summaries rise by one",
  coverage: "a summary covers events that stood before it, and unfolds to exactly these",
  once: "each event is in the window, skipped, or covered by exactly one effective summary",
  place: "a summary stands in the window where the first event that it covers stood",
  window: "the window is what the stored log folds to",
  valid: "providers accept the window",
  search: "a search finds what was said until then, latest first",
} as const;

/** A rule that does not hold, and where. */
export interface Violation {
  readonly rule: keyof typeof REPLAY_RULES;
  readonly detail: string;
}

/** What must never be in a store after a trajectory, judged by that store alone. */
export function violationsOf(
  snapshot: ReplaySnapshot,
  record: ReplayRecord,
  key: SessionKey,
): readonly Violation[] {
  const violations: Violation[] = [];
  const add = (rule: Violation["rule"], detail: string | undefined): void => {
    if (detail !== undefined) violations.push({ rule, detail });
  };
  const { stored, log, summaries } = snapshot;
  const ids = stored.map(({ id }) => id);
  const at = new Map(ids.map((id, place) => [id, place]));
  add("key", differenceOf(snapshot.key, key, "key"));
  for (const [place, id] of ids.entries()) if (ids.indexOf(id) !== place) add("ids", `${id} stands twice`);
  for (const [place, { seq }] of stored.entries()) {
    if (place > 0 && seq <= (stored[place - 1]?.seq ?? -1))
      add("positions", `entry ${place} is not behind the one before`);
  }
  add("log", logDifference(stored, record));
  add("view", differenceOf(log, stored, "log"));
  add("state", differenceOf(snapshot.state, record.state, "state"));
  for (const [index, { summary, unfolded }] of summaries.entries()) {
    if (summary.sessionId !== key.sessionId) add("owner", `summary ${index + 1} belongs to another session`);
    if (summary.version !== index + 1) add("versions", `summary ${index + 1} has version ${summary.version}`);
    const place = at.get(summary.id) ?? -1;
    const late = unfolded.filter((id) => !((at.get(id) ?? place) < place));
    if (late.length > 0)
      add("coverage", `summary ${index + 1} covers what does not stand before it: ${late.join(", ")}`);
    const missing = summary.coverage.direct.filter((id) => !unfolded.includes(id));
    if (missing.length > 0) add("coverage", `summary ${index + 1} does not unfold to ${missing.join(", ")}`);
  }
  for (const detail of foldProblems(snapshot)) add(...detail);
  for (const [index, { query, ids: expected }] of record.searches.entries()) {
    const found = snapshot.searches[index]?.found.map(({ id }) => id);
    add("search", differenceOf(found, expected, JSON.stringify(query)));
  }
  return violations;
}

/** Where the stored log differs from what was sent and acknowledged. */
function logDifference(stored: readonly EventJson[], { entries }: ReplayRecord): string | undefined {
  for (const [place, entry] of entries.entries()) {
    const found = stored[place];
    if (found === undefined) return `expected ${entries.length} entries, got ${stored.length}`;
    const { seq: _, ...event } = found;
    const difference =
      entry.kind === "event"
        ? differenceOf(event, entry.event, `log[${place}]`)
        : event.actions.summary === undefined
          ? `expected a summary at log[${place}], got another entry`
          : differenceOf(
              event.actions.summary,
              entry.summary ?? event.actions.summary,
              `log[${place}].actions.summary`,
            );
    if (difference !== undefined) return difference;
  }
  return stored.length > entries.length
    ? `expected ${entries.length} entries, got ${stored.length}`
    : undefined;
}

function foldProblems(snapshot: ReplaySnapshot): readonly [Violation["rule"], string | undefined][] {
  const events = snapshot.stored.map((json) => eventFromJson(json));
  const folded = FoldedLog.of(events);
  const window = snapshot.window.map((json) => eventFromJson(json));
  const messages = window.flatMap(({ message }) => (message === undefined ? [] : [message]));
  const problem = requestProblem(messages);
  const effective = snapshot.summaries.filter(({ status }) => status === "effective");
  const problems: [Violation["rule"], string | undefined][] = [
    ["window", differenceOf(snapshot.window, jsonOf(windowOf(folded).map(eventToJson)), "window")],
    ["valid", problem],
  ];
  const shown = new Set(window.map(({ id }) => id));
  for (const event of events.filter(isConversationEvent)) {
    const times = effective.filter(({ unfolded }) => unfolded.includes(event.id)).length;
    const isAway = folded.isSkipped(event) || isSilent(event);
    const isThere = shown.has(event.id) || folded.isPinned(event);
    if (times > 1) problems.push(["once", `${event.id} is covered ${times} times`]);
    if (times === 0 && !isThere && !isAway)
      problems.push(["once", `${event.id} is neither in the window nor covered`]);
    if (times > 0 && shown.has(event.id) && !folded.isPinned(event))
      problems.push(["once", `${event.id} is covered and in the window as well`]);
  }
  for (const { summary, unfolded } of effective)
    problems.push(["place", misplaced(summary.id, unfolded, window, events)]);
  return problems;
}

/** What is said in one message, and so stands at its own place, must be on the right side of a summary. */
function misplaced(
  id: string,
  unfolded: readonly string[],
  window: readonly SessionEvent[],
  events: readonly SessionEvent[],
): string | undefined {
  const at = new Map(events.map((event, place) => [event.id, place]));
  const first = Math.min(...unfolded.map((event) => at.get(event) ?? Number.POSITIVE_INFINITY));
  const place = window.findIndex((event) => event.id === id);
  if (place < 0) return `summary ${id} is not in the window`;
  for (const [index, event] of window.entries()) {
    const isPlain =
      event.message?.type === "human" && isConversationEvent(event) && event.actions.synthetic === undefined;
    const own = at.get(event.id);
    if (isPlain && own !== undefined && index < place !== own < first)
      return `${event.id} is on the wrong side of a summary`;
  }
  return undefined;
}

/** Nothing that a provider would take: neither text nor calls. */
function isSilent({ message }: SessionEvent): boolean {
  if (message === undefined) return true;
  const calls = (message as { readonly tool_calls?: readonly unknown[] }).tool_calls ?? [];
  const broken = (message as { readonly invalid_tool_calls?: readonly unknown[] }).invalid_tool_calls ?? [];
  return message.text.trim() === "" && calls.length + broken.length === 0 && message.type !== "tool";
}
