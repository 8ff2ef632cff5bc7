import { summarizingConformance } from "@sessionfold/conformance";
import { InMemorySessionService } from "@sessionfold/core";
import { describe, test } from "vitest";
import { JsonSessionService } from "./json-session-service.ts";

describe.each(["inline", "manual"] as const)("withSummaries, %s", (mode) => {
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
});
