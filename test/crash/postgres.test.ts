import { afterAll, beforeAll, expect, test } from "vitest";
import { PostgresServer } from "../support/postgres.ts";
import { crashRun, type Victim } from "./support/crash-run.ts";

/** `SESSIONFOLD_CRASHES` kills, by default as many as a run of all tests can wait for. */
const KILLS = Number(process.env.SESSIONFOLD_CRASHES ?? 16);
/** `SESSIONFOLD_CRASH_SEED` for the choices of another run. */
const SEED = Number(process.env.SESSIONFOLD_CRASH_SEED ?? 20261121);
const A_KILL_MS = 20_000;
const HOOK_MS = 60_000;

let server: PostgresServer;
beforeAll(async () => {
  server = await PostgresServer.start();
}, HOOK_MS);
afterAll(() => server.stop(), HOOK_MS);

function victim(chance: number): Victim {
  if (chance < 0.4) return "client";
  return chance < 0.7 ? "server" : "both";
}

test(
  "processes and the server are killed at any point, again and again, and nothing acknowledged is lost: PostgreSQL",
  async () => {
    const report = await crashRun({
      place: { kind: "postgres", url: await server.createDatabase() },
      kills: KILLS,
      seed: SEED,
      victim,
      crashServer: async () => {
        await server.kill();
        await server.start();
      },
    });
    if (process.env.SESSIONFOLD_CRASHES !== undefined) console.info(report);
    expect(report.kills).toBe(KILLS);
    expect(report.resumed).toBeGreaterThan(KILLS / 4);
    expect(report.foldedAgain).toBeGreaterThan(0);
  },
  60_000 + KILLS * A_KILL_MS,
);
