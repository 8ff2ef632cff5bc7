import { pglite } from "./backends.ts";
import { replayTests } from "./each-store.cases.ts";

replayTests(pglite());
