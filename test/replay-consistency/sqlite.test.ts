import { sqlite } from "./backends.ts";
import { replayTests } from "./each-store.cases.ts";

replayTests(sqlite());
