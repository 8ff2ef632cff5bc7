import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import type { Place } from "./place.ts";

const LOOK_MS = 5;
const OTHERS =
  "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()";

/**
 * Waits until nothing goes on in a storage any more that killed processes have asked for: a server finishes what its client
 * does not wait for any more.
 */
export async function untilAlone(place: Place): Promise<void> {
  if (place.kind === "sqlite") return;
  const client = new pg.Client({ connectionString: place.url });
  await client.connect();
  try {
    while ((await client.query(OTHERS)).rows.length > 0) await sleep(LOOK_MS);
  } finally {
    await client.end();
  }
}
