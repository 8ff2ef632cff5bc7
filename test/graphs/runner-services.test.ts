import { InMemorySessionService } from "@sessionfold/core";
import { createSessionRunner } from "@sessionfold/langchain";
import { createAgent, createMiddleware } from "langchain";
import { describe, expect, test } from "vitest";
import {
  BlobSessionService,
  LiveObjectService,
  ReplacingService,
  TimestampOrderedService,
} from "../support/foreign-services.ts";
import { DANA, modelServers, weather } from "./support.ts";

const serve = modelServers();

const call = (name: string, args: Record<string, unknown>) => ({ toolCalls: [{ name, args }] });

describe("services of other people", () => {
  test.each([
    ["plain, in memory", () => new InMemorySessionService()],
    ["a blob a session", () => new BlobSessionService()],
    ["ordered by time", () => new TimestampOrderedService()],
    ["replacing", () => new ReplacingService()],
    ["live objects", () => new LiveObjectService()],
  ])("%s: each message once, and a call without result is told as one", async (_, make) => {
    let fails = true;
    const server = await serve(({ messages }) =>
      messages.at(-1)?.content === "Go" ? call("weather", { city: "Oslo" }) : `to ${messages.length}`,
    );
    const sessions = make();
    await sessions.createSession(DANA);
    const fatal = createMiddleware({
      name: "fatal",
      wrapToolCall: async (request, handler) => {
        if (fails) throw new Error("broken");
        return handler(request);
      },
    });
    const agent = createAgent({ model: server.chat(), tools: [weather], middleware: [fatal] });
    const runner = createSessionRunner({ agent, sessions });
    await expect(runner.run({ session: DANA, input: "Go" })).rejects.toThrow("broken");
    fails = false;
    await runner.run({ session: DANA, input: "Hello?" });
    await runner.run({ session: DANA, input: "Go" });
    expect((await runner.run({ session: DANA, input: "Bye" })).messages.at(-1)?.content).toBe("to 10");
    const { events } = (await sessions.getSession(DANA)) ?? { events: [] };
    expect(new Set(events.map(({ id }) => id)).size).toBe(10);
    expect(events).toHaveLength(10);
  });
});
