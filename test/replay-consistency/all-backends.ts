import { afterAll } from "vitest";
import { inMemory, pglite, postgres, sqlite, type TestedBackend, text } from "./backends.ts";

/** Every store that trajectories are played on, the one in memory first. They are removed with the file's tests. */
export function allBackends(): readonly TestedBackend[] {
  const backends = [inMemory, text, sqlite(), pglite(), postgres()];
  afterAll(async () => {
    for (const { remove } of backends) await remove();
  });
  return backends;
}
