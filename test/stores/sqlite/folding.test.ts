import { summarizingConformance } from "@sessionfold/conformance";
import type { SqliteSessionService } from "@sessionfold/sqlite";
import { afterAll, describe, test } from "vitest";
import { OpenedFiles } from "./opened-files.ts";

const files = new OpenedFiles();
afterAll(() => files.remove());

// The plain service has waited for the disk; this is about the folds.
const quick = { durability: "normal" } as const;

describe.each(["background", "inline", "manual"] as const)("withSummaries, %s", (mode) => {
  summarizingConformance(
    { describe, test },
    {
      name: "SqliteSessionService",
      mode,
      create: () => files.create(quick),
      reopen: (service) => files.another(service, quick),
      dispose: (service) => (service as SqliteSessionService).close(),
    },
  );
});
