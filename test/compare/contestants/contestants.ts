import type { Contestant } from "./contestant.ts";
import { deepagents } from "./deepagents.ts";
import { langchain } from "./langchain.ts";
import { sessionfold } from "./sessionfold.ts";

/** All of them, in the order of the tables. */
export const CONTESTANTS: readonly Contestant[] = [langchain, deepagents, sessionfold];

/** The one that verdicts are about. */
export const OURS: Contestant = sessionfold;
