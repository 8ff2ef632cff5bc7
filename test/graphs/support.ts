import {
  type EventInput,
  InMemorySessionService,
  type SessionEvent,
  type SessionKey,
  type SessionService,
  type SummarizingSessionService,
  type WithSummariesOptions,
  withSummaries,
} from "@sessionfold/core";
import { tool } from "langchain";
import { afterEach, expect } from "vitest";
import { z } from "zod";
import { type ModelServer, type ScriptLike, startModelServer } from "../support/model-server.ts";

export const DANA: SessionKey = { appName: "shop", userId: "dana", sessionId: "chat" };

/** A tool that tells the weather. */
export const weather = tool(async ({ city }: { city: string }) => `${city}: rain`, {
  name: "weather",
  description: "Tells the weather.",
  schema: z.object({ city: z.string() }),
});

/** A decorated in-memory service with empty sessions of these keys. */
export async function sessionsFor(
  keys: readonly SessionKey[] = [DANA],
  options: WithSummariesOptions = { mode: "manual" },
): Promise<SummarizingSessionService> {
  const sessions = withSummaries(new InMemorySessionService(), options);
  for (const key of keys) await sessions.createSession(key);
  return sessions;
}

/** Every entry of a session's log. */
export async function logOf(
  sessions: SessionService,
  key: SessionKey = DANA,
): Promise<readonly SessionEvent[]> {
  return (await sessions.getSession({ ...key, view: "full" }))?.events ?? [];
}

/** Author and text of each entry. */
export async function told(sessions: SessionService, key: SessionKey = DANA): Promise<readonly string[]> {
  return (await logOf(sessions, key)).map(({ author, message }) => {
    const calls = (message as { tool_calls?: readonly { name: string }[] } | undefined)?.tool_calls ?? [];
    const text = typeof message?.content === "string" ? message.content : "";
    return `${author}: ${[text, ...calls.map(({ name }) => `${name}()`)].filter(Boolean).join(" ")}`;
  });
}

/** Appends events one by one. */
export async function say(
  sessions: SessionService,
  events: readonly EventInput[],
  key: SessionKey = DANA,
): Promise<void> {
  for (const event of events) await sessions.appendEvent({ session: key, event });
}

/** Starts model servers that end with the test; a request that a provider would refuse fails it. */
export function modelServers(): (script: ScriptLike) => Promise<ModelServer> {
  const servers: ModelServer[] = [];
  afterEach(async () => {
    const ended = servers.splice(0);
    for (const server of ended) expect(server.refused.map(({ problems }) => problems)).toEqual([]);
    await Promise.all(ended.map((server) => server.close()));
  });
  return async (script) => {
    const server = await startModelServer(script, { userFirst: true });
    servers.push(server);
    return server;
  };
}
