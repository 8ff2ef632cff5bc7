import { eventCountThreshold } from "@sessionfold/core";
import { expect, test } from "vitest";
import { parcelAgent, serving, watchedFilter } from "../support/parcel-agent.ts";

test("with recall the agent finds a folded message again", async () => {
  const server = await serving(({ messages }) => {
    const last = messages.at(-1);
    if (last?.role === "tool") return `Found: ${last.content}`;
    return last?.content.includes("number") === true
      ? { toolCalls: [{ name: "search_history", args: { query: "tracking number" } }] }
      : "Noted.";
  });
  const filter = watchedFilter({ recall: true, trigger: eventCountThreshold(8), keep: { turns: 1 } });
  const { ask } = parcelAgent(server, { middleware: [filter.middleware] });
  await ask("My tracking code is ZX-4471, keep it for later");
  for (let turn = 0; turn < 6; turn++) await ask(`Small talk ${turn}`);
  expect(filter.of("summarized").length).toBeGreaterThan(0);
  expect(server.requests.at(-1)?.messages.some(({ content }) => content.includes("ZX-4471"))).toBe(false);
  const messages = await ask("What was my tracking number again?");
  expect(messages.at(-1)?.text).toContain("ZX-4471");
  expect(server.requests.at(-1)?.tools?.map(({ function: { name } }) => name)).toEqual(
    expect.arrayContaining(["search_history", "load_messages"]),
  );
  expect(server.refused).toEqual([]);
});
