import { postgres } from "./backends.ts";
import { replayTests } from "./each-store.cases.ts";

replayTests(postgres());
