import { exemptionsFor, sessionServiceConformance } from "@sessionfold/conformance";
import type { SessionService } from "@sessionfold/core";
import { SqliteSessionService } from "@sessionfold/sqlite";
import { afterAll, describe, test } from "vitest";
import { OpenedFiles } from "./opened-files.ts";

const files = new OpenedFiles();
afterAll(() => files.remove());

const close = (service: SessionService) => (service as SqliteSessionService).close();

sessionServiceConformance(
  { describe, test },
  {
    name: "SqliteSessionService",
    create: () => files.create(),
    reopen: (service) => files.another(service),
    dispose: close,
  },
);

sessionServiceConformance(
  { describe, test },
  {
    name: "SqliteSessionService in memory",
    create: () => new SqliteSessionService(":memory:"),
    dispose: close,
    exemptions: exemptionsFor({ reopen: "A database in memory ends with its service." }),
  },
);
