import { approximateCounter, withSummaries } from "@sessionfold/core";
import { openPlace } from "../../crash/support/place.ts";
import { hearing, tell } from "../../crash/support/telling.ts";
import type { HolderJob, HolderTold } from "./holder-told.ts";

/** A process that folds a session, and whose model answers when the parent says so. */

const say: (line: HolderTold) => void = tell;
const next = hearing();
say({ kind: "ready" });
const { place, key, leaseMs, text } = (await next()) as HolderJob;
const store = await openPlace(place);
const sessions = withSummaries(store, {
  mode: "manual",
  summarizer: {
    name: "held",
    model: "stub-model",
    async summarize() {
      say({ kind: "asked" });
      await next();
      return { text };
    },
  },
  keep: { turns: 1 },
  tokenCounter: approximateCounter(),
  leaseMs,
  logger: { warn: () => undefined },
});
const outcome = await sessions.summarize(key, { force: true });
say({ kind: "outcome", outcome: outcome.kind === "skipped" ? outcome.reason : outcome.kind });
await sessions.close();
await store.close();
say({ kind: "done" });
process.exit(0);
