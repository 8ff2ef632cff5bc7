import { exemptionsFor, sessionServiceConformance } from "@sessionfold/conformance";
import { SqliteSessionService } from "@sessionfold/sqlite";
import { afterAll, describe, test } from "vitest";
import { OpenedFiles } from "./opened-files.ts";

const files = new OpenedFiles();
afterAll(() => files.remove());

sessionServiceConformance(
  { describe, test },
  {
    name: "SqliteSessionService",
    create: () => files.create(),
    reopen: (service) => files.another(service),
    dispose: (service) => (service as SqliteSessionService).close(),
  },
);

sessionServiceConformance(
  { describe, test },
  {
    name: "SqliteSessionService in memory",
    create: () => new SqliteSessionService(":memory:"),
    dispose: (service) => (service as SqliteSessionService).close(),
    exemptions: exemptionsFor({ reopen: "A database in memory ends with its service." }),
  },
);
