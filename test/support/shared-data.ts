import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { readTranscripts } from "../../examples/demo/read-transcript.ts";

/** Where real transcripts lie: beside the project, or where SESSIONFOLD_DATA says. */
export const DATA: string = resolve(process.env.SESSIONFOLD_DATA ?? "../shared/data");

/** The sets of real transcripts. */
export const SETS = ["taubench", "pi", "specstory", "sweagent", "aider", "sgd", "qmsum", "locomo"] as const;

/** Whether a set is there. Without it its tests are reported as skipped, never as passed. */
export function hasSet(set: string): boolean {
  return existsSync(`${DATA}/${set}.jsonl.gz`);
}

/** The sessions of a set. */
export function loadSet(set: string): ReturnType<typeof readTranscripts> {
  return readTranscripts(`${DATA}/${set}.jsonl.gz`);
}
