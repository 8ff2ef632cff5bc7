import { setTimeout as sleep } from "node:timers/promises";
import {
  approximateCounter,
  EventsPrunedError,
  type SummarizingSessionService,
  withSummaries,
} from "@sessionfold/core";
import { sayBeside } from "./beside.ts";
import { entry } from "./conversation.ts";
import { openPlace, type PlacedStore } from "./place.ts";
import { randomOf } from "./random.ts";
import { readingSummarizer } from "./reading-summarizer.ts";
import { surely } from "./surely.ts";
import { hearing, tell } from "./telling.ts";
import type { Told, WriterJob } from "./told.ts";

/** A process that says a conversation until it is killed, and tells what it does and what was acknowledged. */

const LEASE_MS = 300;
const say: (line: Told) => void = tell;

/** The store, with what is about to be written told before. */
function announced(store: PlacedStore): PlacedStore {
  const appendEvent: PlacedStore["appendEvent"] = (request) => {
    const { id, actions } = request.event;
    if (actions?.summary !== undefined) say({ kind: "committing", summary: id ?? "" });
    return store.appendEvent(request);
  };
  const deleteEvents: PlacedStore["deleteEvents"] = (request) => {
    say({ kind: "deleting", ids: request.eventIds });
    return store.deleteEvents(request);
  };
  return new Proxy(store, {
    get(target, name) {
      if (name === "appendEvent") return appendEvent;
      if (name === "deleteEvents") return deleteEvents;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

async function now(sessions: SummarizingSessionService, key: WriterKey, chance: number): Promise<void> {
  if (chance < 0.1) await surely(() => sessions.summarize(key, { force: true }));
  else if (chance < 0.16) {
    const ids = await surely(() => sessions.prune(key));
    say({ kind: "pruned", ids });
  } else if (chance < 0.2) {
    const summary = await surely(() => sessions.getSummary(key));
    if (summary === null) return;
    say({ kind: "hiding", summary: summary.id });
    try {
      const { id } = await surely(() => sessions.mark(key, { hide: [summary.id] }));
      say({ kind: "hidden", mark: id });
    } catch (error) {
      // What was pruned cannot be shown again.
      if (!(error instanceof EventsPrunedError)) throw error;
    }
  } else if (chance < 0.23) await store.purge?.();
  else if (chance < 0.35) await surely(() => sessions.getSession(key));
}

type WriterKey = { readonly appName: string; readonly userId: string; readonly sessionId: string };

const next = hearing();
say({ kind: "ready" });
const { place, sessionId, from, mode, seed } = (await next()) as WriterJob;
const key: WriterKey = { appName: "app", userId: "user", sessionId };
const random = randomOf(seed);
const store = announced(await surely(() => openPlace(place)));
const sessions = withSummaries(store, {
  mode,
  summarizer: readingSummarizer(() => sleep(random() * 15)),
  trigger: ({ userEvents }) => userEvents >= 4,
  keep: { turns: 2 },
  tokenCounter: approximateCounter(),
  leaseMs: LEASE_MS,
  logger: { warn: () => undefined },
  onOutcome: (outcome) => {
    if (outcome.kind === "summarized") say({ kind: "summarized", summary: outcome.summary.id });
  },
});
say({ kind: "open" });
for (let at = from; ; at++) {
  say({ kind: "appending", at });
  const beside = random() < 0.15 ? sayBeside(store, key, `${seed}-${at}`) : undefined;
  const { seq } = await surely(() => sessions.appendEvent({ session: key, event: entry(at) }));
  say({ kind: "appended", at, seq });
  await beside;
  await now(sessions, key, random());
}
