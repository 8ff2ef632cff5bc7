import { summarizingConformance } from "@sessionfold/conformance";
import { InMemorySessionService } from "@sessionfold/core";
import { describe, test } from "vitest";
import { FarSessionService } from "./far-session-service.ts";
import { JsonSessionService } from "./json-session-service.ts";

describe.each(["background", "inline", "manual"] as const)("withSummaries, %s", (mode) => {
  summarizingConformance(
    { describe, test },
    { name: "InMemorySessionService", mode, create: () => new InMemorySessionService() },
  );

  summarizingConformance(
    { describe, test },
    {
      name: "A service that holds text only",
      mode,
      create: () => new JsonSessionService(),
      reopen: (service) => (service as JsonSessionService).another(),
    },
  );

  summarizingConformance(
    { describe, test },
    {
      name: "A service that is far away",
      mode,
      create: () => new FarSessionService(),
      reopen: (service) => (service as FarSessionService).another(),
    },
  );
});
