import { expect, test } from "vitest";
import { type ProcessEnd, runProcess } from "../support/own-process.ts";

const PREAMBLE = `
  import { conversationThreshold, InMemorySessionService, withSummaries } from "@sessionfold/core";
  const busy = { name: "busy", model: "m", summarize: async () => { throw Object.assign(new Error("busy"), { status: 503 }); } };
  const hanging = { name: "hanging", model: "m", summarize: () => new Promise(() => {}) };
  const due = async (options) => {
    const sessions = withSummaries(new InMemorySessionService(), {
      trigger: conversationThreshold(3), keep: { turns: 1 }, onEvent: ({ kind }) => console.log(kind), ...options,
    });
    const session = await sessions.createSession({ appName: "app", userId: "user" });
    for (let turn = 0; turn < 3; turn++) {
      await sessions.appendEvent({ session, event: { author: "user", message: "question " + turn } });
      await sessions.appendEvent({ session, event: { author: "agent", message: "answer " + turn } });
    }
    return { sessions, session };
  };
`;

/** Output and end of such a process. */
const run = (code: string): Promise<ProcessEnd> => runProcess(PREAMBLE + code);

const HOUR = 3_600_000;

test.each([
  [
    "a wait before the next call",
    `await due({ summarizer: busy, retry: { delaysMs: [${HOUR}] }, timeoutMs: null });`,
  ],
  ["the time limit of a call that hangs", `await due({ summarizer: hanging, timeoutMs: ${HOUR} });`],
  ["a share of the time limit", `await due({ summarizer: hanging, fallback: busy, timeoutMs: ${HOUR} });`],
  [
    "a trigger that hangs",
    `await due({ summarizer: busy, trigger: () => new Promise(() => {}), limit: false, timeoutMs: ${HOUR} });`,
  ],
])("a process ends though a fold is in progress: %s", async (name, code) => {
  const { printed, errors, exitCode } = await run(
    `${code} await new Promise((resolve) => setTimeout(resolve, 50)); console.log("over");`,
  );
  expect({ exitCode, errors }).toEqual({ exitCode: 0, errors: "" });
  expect(printed).toContain("over");
  expect(printed.includes("started")).toBe(name !== "a trigger that hangs");
});

test.each([
  ["flush", "await sessions.flush();"],
  ["close", "await sessions.close();"],
  ["close without a drain", "await sessions.close({ drainMs: 0 });"],
  ["a call that joins the fold", "await sessions.summarize(session, { force: true });"],
])("a process does not end while %s waits for a fold", async (_, wait) => {
  const { printed, errors, exitCode } = await run(`
    const { sessions, session } = await due({ summarizer: busy, retry: { delaysMs: [100] }, timeoutMs: ${HOUR} });
    await new Promise((resolve) => setTimeout(resolve, 50));
    ${wait}
    console.log("over");
  `);
  expect(printed).toContain("started");
  expect(printed).toContain("over");
  expect({ exitCode, errors }).toEqual({ exitCode: 0, errors: "" });
});
