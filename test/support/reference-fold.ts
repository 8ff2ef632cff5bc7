import type { SessionEvent, SessionSummaryJson } from "@sessionfold/core";

/**
 * The fold of DESIGN.md, rule by rule and as naively as it can be written: sets of ids, no caches, everything from
 * scratch. The product must agree with it on every history.
 */
export interface ReferenceFold {
  /** Ids of the visible conversation events, in log order. */
  readonly visible: readonly string[];
  /** Ids of the effective summaries. */
  readonly effective: readonly string[];
  readonly covers: (summaryId: string) => ReadonlySet<string>;
}

export function referenceFold(log: readonly SessionEvent[]): ReferenceFold {
  const ordered = [...log].sort((a, b) => a.seq - b.seq || (a.id < b.id ? -1 : 1));
  const records = new Map<string, SessionSummaryJson>();
  for (const event of ordered) {
    if (event.actions.summary !== undefined)
      records.set(event.id, event.actions.summary as SessionSummaryJson);
  }
  const latest = (on: string, off: string, id: string, initial: boolean): boolean => {
    let state = initial;
    for (const event of ordered) {
      for (const mark of event.actions.marks ?? []) {
        if (mark.targets.includes(id) && mark.kind === on) state = true;
        if (mark.targets.includes(id) && mark.kind === off) state = false;
      }
    }
    return state;
  };
  const hiddenSummaries = new Set([...records.keys()].filter((id) => latest("hide", "unhide", id, false)));
  const isVoid = (id: string, path: readonly string[] = []): boolean => {
    const record = records.get(id);
    if (record === undefined || hiddenSummaries.has(id) || path.includes(id)) return true;
    return record.coverage.replaces.some((replaced) => isVoid(replaced, [...path, id]));
  };
  const covers = (id: string): Set<string> => {
    const record = records.get(id);
    if (record === undefined) return new Set();
    return new Set([
      ...record.coverage.direct,
      ...record.coverage.replaces.flatMap((replaced) => [...covers(replaced)]),
    ]);
  };
  let effective: string[] = [];
  const absorbed = new Map<string, string>();
  for (const event of ordered) {
    if (!records.has(event.id) || isVoid(event.id)) continue;
    const own = covers(event.id);
    if (own.size === 0) continue;
    const touched = effective.filter((other) => [...covers(other)].some((id) => own.has(id)));
    const wins = touched.every((other) => {
      const theirs = covers(other);
      return [...theirs].every((id) => own.has(id)) && own.size > theirs.size;
    });
    if (!wins) continue;
    for (const other of touched) absorbed.set(other, event.id);
    effective = [...effective.filter((other) => !touched.includes(other)), event.id];
  }
  const omits = (id: string): Set<string> => {
    const below = [...absorbed].filter(([, by]) => by === id).flatMap(([other]) => [...omits(other)]);
    return new Set([...(records.get(id)?.coverage.omitted ?? []), ...below]);
  };
  const unit = roundsByNaiveScan(ordered);
  const pinned = (event: SessionEvent): boolean =>
    unit(event).some((member) => latest("pin", "unpin", member.id, member.actions.pinned === true));
  const skipped = (event: SessionEvent): boolean =>
    !pinned(event) &&
    unit(event).some((member) =>
      latest("skip", "unskip", member.id, member.actions.skipSummarization === true),
    );
  const covered = new Set(effective.flatMap((id) => [...covers(id)]));
  const omitted = new Set(effective.flatMap((id) => [...omits(id)]));
  const visible = ordered.filter((event) => {
    if (event.actions.summary !== undefined) return false;
    if (event.actions.marks !== undefined && event.message === undefined) return false;
    if (covered.has(event.id)) return pinned(event);
    return !(omitted.has(event.id) && skipped(event));
  });
  return { visible: visible.map((event) => event.id), effective, covers };
}

/** What stays together with an event: for a result, the nearest preceding call of its id that it answers. */
export function roundsByNaiveScan(
  ordered: readonly SessionEvent[],
): (event: SessionEvent) => readonly SessionEvent[] {
  const unitOf = new Map<string, SessionEvent[]>();
  const answered = new Set<string>();
  for (const [at, event] of ordered.entries()) {
    const { message } = event;
    const conversation = event.actions.summary === undefined;
    if (conversation && message?.type === "ai" && callsOf(event).length > 0) unitOf.set(event.id, [event]);
    if (message?.type !== "tool") continue;
    const callId = (message as { tool_call_id?: string }).tool_call_id ?? "";
    for (let back = at - 1; back >= 0; back--) {
      const caller = ordered[back];
      if (caller === undefined || !callsOf(caller).includes(callId)) continue;
      const slot = `${caller.id}/${callId}`;
      const userBetween = ordered
        .slice(back + 1, at)
        .some((between) => between.author.toLowerCase() === "user");
      if (!answered.has(slot)) {
        if (!userBetween) answered.add(slot);
        const unit = unitOf.get(caller.id);
        unit?.push(event);
        if (unit !== undefined) unitOf.set(event.id, unit);
      }
      break;
    }
  }
  return (event) => unitOf.get(event.id) ?? [event];
}

function callsOf(event: SessionEvent): readonly string[] {
  type Calls = readonly { readonly id?: string }[];
  const message = event.message as { tool_calls?: Calls; invalid_tool_calls?: Calls } | undefined;
  return [...(message?.tool_calls ?? []), ...(message?.invalid_tool_calls ?? [])].map(({ id }) => id ?? "");
}
