import { exemptionsFor, sessionServiceConformance } from "@sessionfold/conformance";
import {
  InMemorySessionService,
  type SessionService,
  type SummarizingSessionService,
  withSummaries,
} from "@sessionfold/core";
import { describe, test } from "vitest";
import { FarSessionService } from "./far-session-service.ts";
import { JsonSessionService } from "./json-session-service.ts";

const MEMORY = "It keeps sessions in the memory of one service: nothing can be opened again.";
const BY_PRUNE = "A decorated service deletes by `prune`, never events of the caller's choice.";

sessionServiceConformance(
  { describe, test },
  {
    name: "InMemorySessionService",
    create: () => new InMemorySessionService(),
    exemptions: exemptionsFor({ reopen: MEMORY }),
  },
);

sessionServiceConformance(
  { describe, test },
  {
    name: "A service that holds text only",
    create: () => new JsonSessionService(),
    reopen: (service) => (service as JsonSessionService).another(),
  },
);

sessionServiceConformance(
  { describe, test },
  {
    name: "A service that is far away",
    create: () => new FarSessionService(),
    reopen: (service) => (service as FarSessionService).another(),
  },
);

describe.each(["background", "inline", "manual"] as const)("withSummaries, %s", (mode) => {
  const decorate = (inner: SessionService) =>
    // Due at every chance and with nothing kept, so that every read of a rule has summaries in its way.
    withSummaries(inner, {
      mode,
      trigger: () => true,
      keep: { turns: 0 },
      tokenCounter: (text) => text.length,
    });

  const dispose = (service: SessionService) => (service as SummarizingSessionService).close();

  sessionServiceConformance(
    { describe, test },
    {
      name: "A decorated InMemorySessionService",
      create: () => decorate(new InMemorySessionService()),
      dispose,
      exemptions: exemptionsFor({ reopen: MEMORY, deleteEvents: BY_PRUNE }),
    },
  );

  const inners = new WeakMap<object, JsonSessionService | FarSessionService>();
  const opened = (inner: JsonSessionService | FarSessionService) => {
    const service = decorate(inner);
    inners.set(service, inner);
    return service;
  };
  const reopen = (service: SessionService) => {
    const inner = inners.get(service);
    if (inner === undefined) throw new Error("Expected a service that was opened here");
    return opened(inner.another());
  };
  sessionServiceConformance(
    { describe, test },
    {
      name: "A decorated service that holds text only",
      create: () => opened(new JsonSessionService()),
      reopen,
      dispose,
      exemptions: exemptionsFor({ deleteEvents: BY_PRUNE }),
    },
  );

  sessionServiceConformance(
    { describe, test },
    {
      name: "A decorated service that is far away",
      create: () => opened(new FarSessionService()),
      reopen,
      dispose,
      exemptions: exemptionsFor({ deleteEvents: BY_PRUNE }),
    },
  );
});
