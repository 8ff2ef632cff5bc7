import { HumanMessage, SystemMessage, ToolMessage } from "@langchain/core/messages";
import { approximateCounter, contextFraction, eventCountThreshold } from "@sessionfold/core";
import { ClearToolUsesEdit, contextEditingMiddleware, createMiddleware, type ModelRequest } from "langchain";
import { describe, expect, test } from "vitest";
import { parcelAgent, serving, watchedFilter } from "../support/parcel-agent.ts";
import { carriers } from "./background-agent.ts";

const policy = { trigger: eventCountThreshold(12), keep: { turns: 1 } } as const;

type Messages = ModelRequest["messages"];

/** A middleware that changes the messages of each request; it is told how many requests came before. */
const changing = (change: (messages: Messages, call: number) => Messages) => {
  let calls = 0;
  return createMiddleware({
    name: "changing",
    wrapModelCall: (request, handler) => {
      const messages = change([...request.messages], calls++);
      return handler({ ...request, messages });
    },
  });
};

/** Asks ten questions of an agent with this middleware outside the filter. */
async function asked(
  outer: readonly ReturnType<typeof createMiddleware>[],
  inner: readonly ReturnType<typeof createMiddleware>[] = [],
) {
  const server = await serving();
  const filter = watchedFilter(policy);
  const { ask } = parcelAgent(server, { middleware: [...outer, filter.middleware, ...inner] });
  for (let turn = 0; turn < 10; turn++) await ask(`Question ${turn}`);
  const messages = await ask("Question 10");
  const requests = server.requests.map(({ messages: sent }) =>
    sent.filter(({ role }) => role !== "system").map(({ content }) => content.replaceAll(/id="\w+"/g, "")),
  );
  expect(server.refused).toEqual([]);
  return { requests, folds: filter.of("summarized").length, carriers: carriers(messages).length };
}

describe("a middleware outside the filter changes each request", () => {
  test.each<[string, (messages: Messages, call: number) => Messages, (sent: readonly string[]) => number[]]>([
    ["before all", (all, call) => [new HumanMessage(`PUT IN ${call}`), ...all], () => [0]],
    [
      "before the last one",
      (all, call) => [...all.slice(0, -1), new HumanMessage(`PUT IN ${call}`), ...all.slice(-1)],
      (sent) => [sent.length - 2],
    ],
    ["behind all", (all, call) => [...all, new HumanMessage(`PUT IN ${call}`)], (sent) => [sent.length - 1]],
  ])("a message put in %s stays there, and nothing is folded for it", async (_, change, places) => {
    // A message between a call and its result would be refused, so it is put in only where a question is the last.
    const ifAsked = (all: Messages, call: number): Messages =>
      all.at(-1)?.type === "human" ? change(all, call) : all;
    const plain = await asked([]);
    const changed = await asked([changing(ifAsked)]);
    expect(changed.folds).toBe(plain.folds);
    expect(changed.carriers).toBe(plain.carriers);
    for (const [at, sent] of changed.requests.entries()) {
      const isPut = at % 2 === 0;
      const found = sent.flatMap((text, place) => (text.startsWith("PUT IN") ? [place] : []));
      expect(found).toEqual(isPut ? places(sent) : []);
      expect(sent.filter((text) => !text.startsWith("PUT IN"))).toEqual(plain.requests[at]);
    }
  });

  test("messages made anew, without ids and with another text, are those of the state", async () => {
    const plain = await asked([]);
    const changed = await asked([
      changing((all, call) =>
        all.map((message) =>
          ToolMessage.isInstance(message)
            ? new ToolMessage({ content: `Hidden ${call}`, tool_call_id: message.tool_call_id })
            : message,
        ),
      ),
    ]);
    expect(changed.folds).toBe(plain.folds);
    expect(changed.carriers).toBe(plain.carriers);
    expect(changed.requests.at(-1)?.at(-1)).toBe("Hidden 21");
    expect(changed.requests.flat().some((text) => text.startsWith("Parcel"))).toBe(false);
  });

  test("contextEditingMiddleware clears results within the filter", async () => {
    const plain = await asked([]);
    const edits = [new ClearToolUsesEdit({ trigger: { messages: 4 }, keep: { messages: 1 } })];
    const changed = await asked([], [contextEditingMiddleware({ edits }) as never]);
    expect(changed.folds).toBe(plain.folds);
    expect(changed.requests.map((sent) => sent.length)).toEqual(plain.requests.map((sent) => sent.length));
  });

  test("what it leaves out is left out, and what it puts in counts into the window", async () => {
    const server = await serving(["Answer"]);
    const filter = watchedFilter({
      trigger: contextFraction(0.5),
      contextWindow: 600,
      keep: { turns: 1 },
      tokenCounter: approximateCounter(),
    });
    const outer = changing((all, call) => [
      ...(call === 3 ? [new SystemMessage("Background. ".repeat(100))] : []),
      ...all.slice(1),
      ...(all.length === 1 ? all : []),
    ]);
    const { ask } = parcelAgent(server, { middleware: [outer, filter.middleware] });
    for (let turn = 0; turn < 3; turn++) await ask(`Question ${turn}`);
    expect(filter.of("summarized")).toEqual([]);
    expect(JSON.stringify(server.requests.at(-1)?.messages)).not.toContain("Question 0");
    await ask("Question 3");
    expect(filter.of("summarized")).toHaveLength(1);
    expect(JSON.stringify(filter.summarizer.requests[0]?.events)).not.toContain("Question 0");
  });
});
