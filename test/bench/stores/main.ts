import { parseArgs } from "node:util";
import { measureAppends } from "./appends.ts";
import { type BenchedStore, postgres, sqlite } from "./benched-stores.ts";
import { soak } from "./soak.ts";
import { measureWindows } from "./windows.ts";

/**
 * The durable stores: what a window costs to read in sessions of very different length, appends a second, and the memory of a
 * process through very many sessions. `--longest EVENTS` (default 1,000,000), `--sessions N` (default 10,000; 0: no soak),
 * `--store sqlite|postgres`.
 */
const { values } = parseArgs({
  options: {
    longest: { type: "string", default: "1000000" },
    sessions: { type: "string", default: "10000" },
    store: { type: "string" },
  },
});

const kinds: readonly [string, () => Promise<BenchedStore>][] = [
  ["sqlite", () => sqlite("full")],
  ["postgres", postgres],
];

for (const [kind, start] of kinds) {
  if (values.store !== undefined && values.store !== kind) continue;
  const store = await start();
  try {
    await measureAppends(store);
    await measureWindows(store, [100, 10_000, Number(values.longest)]);
    if (Number(values.sessions) > 0) await soak(store, Number(values.sessions));
  } finally {
    await store.stop();
  }
  if (kind === "sqlite") {
    const relaxed = await sqlite("normal");
    await measureAppends(relaxed);
    await relaxed.stop();
  }
}
