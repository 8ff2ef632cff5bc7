import { exemptionsFor, sessionServiceConformance } from "@sessionfold/conformance";
import { type SessionService, type SummarizingSessionService, withSummaries } from "@sessionfold/core";
import type { SqliteSessionService } from "@sessionfold/sqlite";
import { afterAll, describe, test } from "vitest";
import { OpenedFiles } from "./opened-files.ts";

const files = new OpenedFiles();
afterAll(() => files.remove());

// The plain service has waited for the disk; this is about the folds.
const quick = { durability: "normal" } as const;

describe.each(["background", "inline", "manual"] as const)("withSummaries, %s", (mode) => {
  const inners = new WeakMap<SessionService, SqliteSessionService>();
  const decorated = (inner: SqliteSessionService) => {
    const service = withSummaries(inner, {
      mode,
      trigger: () => true,
      keep: { turns: 0 },
      tokenCounter: (text) => text.length,
    });
    inners.set(service, inner);
    return service;
  };
  const innerOf = (service: SessionService) => {
    const inner = inners.get(service);
    if (inner === undefined) throw new Error("Expected a service that was decorated here");
    return inner;
  };

  sessionServiceConformance(
    { describe, test },
    {
      name: "A decorated SqliteSessionService",
      create: () => decorated(files.create(quick)),
      reopen: (service) => decorated(files.another(innerOf(service), quick)),
      dispose: async (service) => {
        await (service as SummarizingSessionService).close();
        await innerOf(service).close();
      },
      exemptions: exemptionsFor({
        deleteEvents: "A decorated service deletes by `prune`, never events of the caller's choice.",
      }),
    },
  );
});
