import { inMemory } from "./backends.ts";
import { replayTests } from "./each-store.cases.ts";

replayTests(inMemory);
