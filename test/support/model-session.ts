import type { EventInput, Session, SummarizingSessionService, WithSummariesOptions } from "@sessionfold/core";
import { expect, onTestFinished } from "vitest";
import { numbered } from "./events.ts";
import { shown, turns } from "./folds.ts";
import {
  type ModelServer,
  type ModelServerOptions,
  type ScriptLike,
  startModelServer,
} from "./model-server.ts";
import { appendAll, decorated, KEY } from "./sessions.ts";

/** A model server that is closed when the test is over. */
export async function playing(script: ScriptLike, options?: ModelServerOptions): Promise<ModelServer> {
  const server = await startModelServer(script, options);
  onTestFinished(() => server.close());
  return server;
}

/** A decorated session with events in it, and ways to look at its log. */
export interface ModelSession {
  readonly sessions: SummarizingSessionService;
  readonly session: Session;
  /** Ids of the events that were appended. */
  readonly ids: readonly string[];
  /** Ids of the log's entries, "S" for a summary. */
  readonly log: () => Promise<readonly string[]>;
  /** Ids of the window, "S" for a summary. */
  readonly window: () => Promise<readonly string[]>;
  /** Checks that neither log nor window holds anything but the events. */
  readonly expectUntouched: () => Promise<void>;
}

/** A session that folds on request, with four turns in it unless others are given. One turn is kept. */
export async function modelSession(
  options: WithSummariesOptions,
  given: readonly EventInput[] = turns(4),
): Promise<ModelSession> {
  const { sessions, session, inner } = await decorated({ mode: "manual", keep: { turns: 1 }, ...options });
  const events = numbered(given);
  await appendAll(sessions, session, events);
  const ids = events.map(({ id = "" }) => id);
  const log = async () => shown((await inner.getSession(KEY))?.events ?? []);
  const window = async () => shown((await sessions.getSession(KEY))?.events ?? []);
  const expectUntouched = async (): Promise<void> => {
    expect(await log()).toEqual(ids);
    expect(await window()).toEqual(ids);
    expect(await sessions.getSummary(session)).toBeNull();
  };
  return { sessions, session, ids, log, window, expectUntouched };
}

/** A sleep that is over at once and keeps what was asked of it. */
export function noSleep(): {
  readonly slept: number[];
  readonly sleep: (milliseconds: number) => Promise<void>;
} {
  const slept: number[] = [];
  return {
    slept,
    sleep: async (milliseconds) => {
      slept.push(milliseconds);
    },
  };
}

/** Folds once, so that what is loaded and compiled once does not count into the first short deadline. */
export async function warmUp(): Promise<void> {
  const server = await startModelServer(["Warm."]);
  const { sessions } = await modelSession({ model: server.chat() });
  expect((await sessions.summarize(KEY, { force: true })).kind).toBe("summarized");
  await server.close();
}
