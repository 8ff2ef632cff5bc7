import { benchAppend } from "./append.ts";
import { benchBackground } from "./background.ts";
import { benchFold } from "./fold.ts";
import { benchReplay } from "./replay.ts";
import { benchTelemetry } from "./telemetry.ts";

/** What folding costs. Compare figures of one run only: machines differ, and moments of one machine as well. */
await benchAppend();
await benchFold();
await benchReplay();
await benchBackground();
await benchTelemetry();
