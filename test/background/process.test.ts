import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, onTestFinished, test } from "vitest";

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

/** What a process of its own prints and ends with. It is killed with the test, if it has not ended by then. */
async function run(code: string): Promise<{ readonly printed: string; readonly exitCode: number | null }> {
  const folder = mkdtempSync(join(resolve(import.meta.dirname, ".."), "process-"));
  const file = join(folder, "main.ts");
  writeFileSync(file, PREAMBLE + code);
  const child = spawn(process.execPath, ["--conditions=@sessionfold/source", file]);
  onTestFinished(() => {
    child.kill();
    rmSync(folder, { recursive: true });
  });
  let printed = "";
  child.stdout.on("data", (piece) => {
    printed += piece;
  });
  child.stderr.on("data", (piece) => {
    printed += piece;
  });
  return new Promise((ended) => child.on("close", (exitCode) => ended({ printed, exitCode })));
}

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
  const { printed, exitCode } = await run(
    `${code} await new Promise((resolve) => setTimeout(resolve, 50)); console.log("over");`,
  );
  expect(exitCode).toBe(0);
  expect(printed).toContain("over");
  expect(printed.includes("started")).toBe(name !== "a trigger that hangs");
});

test.each([
  ["flush", "await sessions.flush();"],
  ["close", "await sessions.close();"],
  ["close without a drain", "await sessions.close({ drainMs: 0 });"],
  ["a call that joins the fold", "await sessions.summarize(session, { force: true });"],
])("a process does not end while %s waits for a fold", async (_, wait) => {
  const { printed, exitCode } = await run(`
    const { sessions, session } = await due({ summarizer: busy, retry: { delaysMs: [100] }, timeoutMs: ${HOUR} });
    await new Promise((resolve) => setTimeout(resolve, 50));
    ${wait}
    console.log("over");
  `);
  expect(printed).toContain("started");
  expect(printed).toContain("over");
  expect(exitCode).toBe(0);
});
