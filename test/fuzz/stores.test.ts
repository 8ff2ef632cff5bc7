import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PglitePool } from "../support/pglite.ts";
import { PostgresServer } from "../support/postgres.ts";
import { concurrentRuns, type OnRun, type SharedRuns, sequentialRuns } from "./lifecycle.ts";
import { fuzzParameters, replayPath } from "./support/parameters.ts";
import { postgresStorages, sqliteStorages } from "./support/shared-stores.ts";

const HOOK_MS = 60_000;

/** Programs by several callers at once, and by one. In how many a kept fold was gone on from is counted. */
function programs(name: string, runs: readonly [number, number], shared: () => SharedRuns): void {
  const [atOnce, one] = runs;

  test(`${name}: whatever callers do at once, the invariants hold at every step`, async () => {
    await check(atOnce, (onRun) => concurrentRuns(onRun, replayPath(), shared()));
  });

  test(`${name}: whatever one caller does, the invariants hold after every step`, async () => {
    await check(one, (onRun) => sequentialRuns(onRun, replayPath(), shared()));
  });
}

async function check<Ts>(runs: number, property: (onRun: OnRun) => fc.IAsyncProperty<Ts>): Promise<void> {
  const parameters = fuzzParameters(runs);
  let resumed = 0;
  await fc.assert(
    property((_, times) => {
      resumed += times;
    }),
    parameters,
  );
  // Programs that never go on from what was kept would hold whatever is kept.
  if (parameters.path === undefined) expect(resumed).toBeGreaterThan(parameters.numRuns / 2);
}

describe("SQLite", () => {
  const { open, remove } = sqliteStorages();
  afterAll(remove);
  programs("SQLite", [200, 40], () => ({ kinds: ["sqlite file", "sqlite memory"], open }));
});

describe("PGlite", () => {
  let pool: PglitePool;
  beforeAll(async () => {
    pool = await PglitePool.open();
  }, HOOK_MS);
  afterAll(() => pool.close(), HOOK_MS);
  programs("PGlite", [25, 10], () => ({ kinds: ["postgres"], open: postgresStorages(pool) }));
});

describe("PostgreSQL", () => {
  let server: PostgresServer;
  let pool: ReturnType<PostgresServer["pool"]>;
  beforeAll(async () => {
    server = await PostgresServer.start();
    // Connections that stand idle in virtual time stay.
    pool = server.pool(undefined, { idleTimeoutMillis: 0 });
    // Every service of a run listens to it.
    pool.setMaxListeners(0);
  }, HOOK_MS);
  afterAll(() => server.stop(), HOOK_MS);
  programs("PostgreSQL", [25, 10], () => ({ kinds: ["postgres"], open: postgresStorages(pool) }));
});
