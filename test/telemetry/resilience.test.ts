import { extractive, type RunEvent } from "@sessionfold/core";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import * as play from "../support/model-server.ts";
import { kinds, only, serving, watched } from "./support.ts";

/** Events of breakers in order: whose, and how it is now. */
function breakers(events: readonly RunEvent[]): readonly string[] {
  return events.flatMap((event) => (event.kind === "breaker" ? [`${event.model} ${event.state}`] : []));
}

describe("fallbacks", () => {
  test("who failed with what and who is asked instead", async () => {
    const server = await serving([play.unauthorized()]);
    const { events, summarize } = watched({ model: server.chat(), fallback: extractive() });
    await summarize();
    expect(kinds(events)).toBe("started fell-back committed");
    expect(only(events, "fell-back")).toMatchObject({
      from: "chat-model",
      to: "extractive",
      failure: "permanent",
      status: 401,
    });
    expect(only(events, "committed")).toMatchObject({ model: null, usage: null, calls: 1 });
  });

  test("an answer that is none, by its code", async () => {
    const server = await serving([play.emptyContent()]);
    const { events, summarize } = watched({ model: server.chat(), fallback: extractive() });
    await summarize();
    expect(only(events, "fell-back")).toMatchObject({ failure: "empty-summary", status: undefined });
  });

  test("the last one in line falls back to nobody", async () => {
    const server = await serving([play.badRequest()]);
    const fallback = server.chat({ model: "gpt-4o" });
    const { events, summarize } = watched({ model: server.chat(), fallback });
    await summarize();
    expect(kinds(events)).toBe("started fell-back failed");
    expect(only(events, "failed")).toMatchObject({ calls: 2, retries: 0 });
  });
});

describe("the breaker", () => {
  const options = { retry: false, breaker: { failures: 2, pauseMs: 60_000 } } as const;
  // A breaker's clock is the machine's.
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["Date"] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });
  const pause = (): void => void vi.setSystemTime(Date.now() + 60_001);

  test("opens, is half open while one tries, opens again, and closes", async () => {
    const server = await serving([
      play.badRequest(),
      play.badRequest(),
      play.badRequest(),
      "The gist.",
      "The gist.",
    ]);
    const { events, summarize } = watched({ model: server.chat(), ...options });
    await summarize();
    expect(kinds(events)).toBe("started failed");
    await summarize();
    expect(kinds(events.splice(0))).toBe("started failed started breaker failed");
    await summarize();
    expect(kinds(events)).toBe("started skipped");
    expect(events.splice(0)[1]).toMatchObject({ reason: "breaker-open" });
    pause();
    await summarize();
    expect(kinds(events)).toBe("started breaker breaker failed");
    expect(breakers(events.splice(0))).toEqual(["gpt-4o-mini half-open", "gpt-4o-mini open"]);
    pause();
    await summarize();
    expect(kinds(events)).toBe("started breaker breaker committed");
    expect(breakers(events.splice(0))).toEqual(["gpt-4o-mini half-open", "gpt-4o-mini closed"]);
    await summarize();
    expect(kinds(events)).toBe("started committed");
  });

  test("each change is told once, by one of the runs, however many fail at once", async () => {
    const server = await serving([play.badRequest()]);
    const { events, summarize } = watched({ model: server.chat(), ...options });
    await Promise.all(Array.from({ length: 8 }, () => summarize()));
    expect(breakers(events)).toEqual(["gpt-4o-mini open"]);
    const { runId } = only(events, "breaker");
    expect(events.filter((event) => event.runId === runId).map(({ kind }) => kind)).toContain("failed");
  });

  test("with a fallback behind it, the fallback is told as well", async () => {
    const server = await serving([play.badRequest()]);
    const breaker = { failures: 1, pauseMs: 60_000 };
    const { events, summarize } = watched({
      model: server.chat(),
      fallback: extractive(),
      ...options,
      breaker,
    });
    await summarize();
    expect(kinds(events.splice(0))).toBe("started breaker fell-back committed");
    await summarize();
    expect(kinds(events)).toBe("started fell-back committed");
    expect(only(events, "fell-back").failure).toBe("breaker-open");
    expect(only(events, "committed").calls).toBe(0);
  });
});
