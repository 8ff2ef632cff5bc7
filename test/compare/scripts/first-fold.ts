import { execFile } from "node:child_process";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import type { Script } from "../figure.ts";

const CHILD = join(resolve(import.meta.dirname, ".."), "first-fold.ts");

export const firstFold: Script = {
  title: "Time of the first turns of a process",
  what: "A new process: its first turn is one short message, its second one folds 40. Measured is the processor time of the turn, everything included; importing the libraries is not. deepagents is left out, as its agents do more than this.",
  isSlow: true,
  rounds: 3,
  figures: [
    { name: "ms of the first turn", better: "less", slack: 0.2, floor: 20 },
    { name: "ms of the turn that folds", better: "less", slack: 0.2, floor: 20 },
  ],
  play: async ({ name }) => {
    if (name === "deepagents")
      return { "ms of the first turn": undefined, "ms of the turn that folds": undefined };
    const { stdout } = await promisify(execFile)(process.execPath, [...process.execArgv, CHILD, name]);
    const { first, second } = JSON.parse(stdout) as { first: number; second: number };
    return { "ms of the first turn": first, "ms of the turn that folds": second };
  },
};
