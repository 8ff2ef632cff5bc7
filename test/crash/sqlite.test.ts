import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, onTestFinished, test } from "vitest";
import { crashRun } from "./support/crash-run.ts";

/** `SESSIONFOLD_CRASHES` kills, by default as many as a run of all tests can wait for. */
const KILLS = Number(process.env.SESSIONFOLD_CRASHES ?? 40);
/** `SESSIONFOLD_CRASH_SEED` for the choices of another run. */
const SEED = Number(process.env.SESSIONFOLD_CRASH_SEED ?? 20261121);
const A_KILL_MS = 10_000;

/** SQLite's own opinion of the file. */
function checkFile(path: string): void {
  const database = new DatabaseSync(path);
  try {
    const found = database.prepare("PRAGMA integrity_check").all();
    assert.deepEqual(
      found.map((row) => Object.values(row)),
      [["ok"]],
    );
    assert.deepEqual(database.prepare("PRAGMA foreign_key_check").all(), []);
    database.exec("INSERT INTO event_text (event_text) VALUES ('integrity-check')");
  } finally {
    database.close();
  }
}

test(
  "a process that is killed at any point, again and again, loses nothing that was acknowledged: SQLite",
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "sessionfold-crash-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const path = join(folder, "sessions.db");
    const report = await crashRun({
      place: { kind: "sqlite", path },
      kills: KILLS,
      seed: SEED,
      checkStorage: () => checkFile(path),
    });
    if (process.env.SESSIONFOLD_CRASHES !== undefined) console.info(report);
    expect(report.kills).toBe(KILLS);
    expect(report.resumed).toBeGreaterThan(KILLS / 4);
    expect(report.foldedAgain).toBeGreaterThan(0);
  },
  60_000 + KILLS * A_KILL_MS,
);
