import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { jsonLines, neutralSession } from "./fixtures.ts";
import { DEMO_COMMAND, runDemo } from "./test-support.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sessionfold-demo-store-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function fixture(name: string, content: string): string {
  const file = join(folder, name);
  writeFileSync(file, content);
  return file;
}

const FOLD_SOON = ["--trigger-events", "12", "--keep-turns", "2"];
const whole = () => JSON.parse(neutralSession("one")) as { id: string; events: unknown[] };
const begun = (events: number) => ({ ...whole(), events: whole().events.slice(0, events) });

/** What a run shows, without the file's name, the time it took, and ids in the fences of summaries, which are made anew. */
const shown = (stdout: string): string =>
  stdout
    .replace(/^Source: .*$/m, "")
    .replace(/^Kept in .*\n/m, "")
    .replace(/; [\d.]+ s\n$/, "")
    .replace(/id="[0-9a-f]{8}"/g, "id");
/** The same without the tokens of windows: the ids in the fences of summaries are of more or fewer tokens. */
const figures = (stdout: string): string =>
  shown(stdout)
    .replace(/ {2,}[\d,]+ -> [\d,]+ {2,}(?=\S)/g, "  ")
    .replace(/[\d,]+ tokens in the window.*less\)/, "")
    .replace(/^(The window now, .*), [\d,]+ tokens$/m, "$1");

/** How many events of the conversation a file holds that no process has open. */
function storedIn(path: string): number {
  const database = new DatabaseSync(path);
  try {
    const ids = database.prepare("SELECT id FROM events").all();
    return ids.filter(({ id }) => /^e\d+$/.test(String(id))).length;
  } finally {
    database.close();
  }
}

/** How much has been written since the file was made. A look into the file itself would lock it now and then. */
function written(path: string): number {
  return statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0;
}

/** So much is written when some of the sample's 150 events are stored, and by far not all. */
const AMID = 1_000_000;

describe("--store sqlite:PATH", () => {
  test("keeps the session: a second run goes on where the first stopped, with the figures of one run", async () => {
    const store = `sqlite:${join(folder, "sessions.db")}`;
    const file = fixture("one.jsonl", jsonLines([begun(23)]));
    const first = await runDemo([file, ...FOLD_SOON, "--store", store]);
    expect(first.code).toBe(0);
    expect(first.stdout).toContain("sessions.db: 0 events were there already, 23 events new\n");
    expect(first.stdout).toContain("Total: 1 session, 23 events;");

    fixture("one.jsonl", jsonLines([whole()]));
    const second = await runDemo([file, ...FOLD_SOON, "--store", store]);
    expect(second.code).toBe(0);
    expect(second.stdout).toContain("sessions.db: 23 events were there already, 17 events new\n");
    const once = await runDemo([file, ...FOLD_SOON]);
    expect(once.stdout).toMatch(/\d+ folds/);
    expect(figures(second.stdout)).toBe(figures(once.stdout));

    const third = await runDemo([file, ...FOLD_SOON, "--store", store]);
    expect(third.stdout).toContain("sessions.db: 40 events were there already, 0 events new\n");
    expect(shown(third.stdout)).toBe(shown(second.stdout));
  });

  test("a run that is killed amid the conversation is gone on with by the next", async () => {
    const path = join(folder, "killed.db");
    const args = [...FOLD_SOON, "--store", `sqlite:${path}`];
    const child = spawn(process.execPath, [...DEMO_COMMAND, ...args]);
    const ended = new Promise((resolve) => child.once("close", (_, signal) => resolve(signal)));
    while (child.exitCode === null && written(path) < AMID) await sleep(2);
    child.kill("SIGKILL");
    expect(await ended).toBe("SIGKILL");
    const before = storedIn(path);
    expect(before).toBeGreaterThanOrEqual(1);
    expect(before).toBeLessThan(150);
    const { code, stdout } = await runDemo(args);
    expect(code).toBe(0);
    expect(stdout).toContain(`killed.db: ${before} events were there already, ${150 - before} events new`);
    expect(stdout).toMatch(/Total: 1 session, 150 events; 40 turns; .*all events still in the log/);
  });

  test("refuses another conversation of the same name, and one that was longer", async () => {
    const store = `sqlite:${join(folder, "other.db")}`;
    const file = fixture("other.jsonl", jsonLines([whole()]));
    expect((await runDemo([file, ...FOLD_SOON, "--store", store])).code).toBe(0);
    const changed = JSON.stringify(whole()).replace("Where is parcel 0?", "Where is parcel zero?");
    expect(changed).not.toBe(JSON.stringify(whole()));
    for (const [content, place] of [
      [changed, 1],
      [JSON.stringify(begun(30)), 31],
    ] as const) {
      fixture("other.jsonl", `${content}\n`);
      const { code, stderr } = await runDemo([file, ...FOLD_SOON, "--store", store]);
      expect(code).toBe(1);
      expect(stderr).toContain(
        `--store: the file holds another conversation as session "one", with 40 events of which number ${place} `,
      );
      expect(stderr.trim().split("\n")).toHaveLength(1);
    }
  });

  test.each([
    [["--store", "redis:x"], 2, '--store needs sqlite:PATH, got "redis:x"'],
    [["--store"], 2, "--store needs a value"],
    [["--store", "sqlite:/nowhere/at/all.db"], 1, "--store: /nowhere/at/all.db cannot be used: "],
    [["--store", `sqlite:${import.meta.filename}`], 1, "cannot be used: "],
  ])(
    "%j is told in one line that names the option, and nothing is replayed",
    async (args, exitCode, message) => {
      const { code, stdout, stderr } = await runDemo(args);
      expect(stderr).toContain(message);
      expect(stderr).toContain("--store");
      expect(stderr.trim().split("\n")).toHaveLength(1);
      expect({ code, stdout }).toEqual({ code: exitCode, stdout: "" });
    },
  );
});
