import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { PostgresServer } from "../support/postgres.ts";
import { race } from "./support/race.ts";

const PROCESSES = 3;
const TURNS = 12;
const ENTRIES_A_TURN = 4;
const HOOK_MS = 60_000;
const TEST_MS = 180_000;
const LOOK_MS = 5;

let server: PostgresServer;
beforeAll(async () => {
  server = await PostgresServer.start();
}, HOOK_MS);
afterAll(() => server.stop(), HOOK_MS);

test(
  "a PostgreSQL that is started anew amid appends and folds ends no process; what is tried again is stored once",
  async () => {
    const all = PROCESSES * TURNS * ENTRIES_A_TURN;
    let restarts = 0;
    const report = await race({
      place: { kind: "postgres", url: await server.createDatabase() },
      processes: PROCESSES,
      turns: TURNS,
      meanwhile: async ({ appended }) => {
        for (const [part, how] of [
          [0.1, "halt"],
          [0.35, "kill"],
          [0.6, "halt"],
        ] as const) {
          while (appended() < part * all) await sleep(LOOK_MS);
          await server[how]();
          await server.start();
          restarts++;
        }
      },
    });
    expect(restarts).toBe(3);
    expect(report.entries).toBe(all);
    expect(report.summaries).toBeGreaterThan(0);
  },
  TEST_MS,
);
