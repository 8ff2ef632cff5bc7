import type { Script } from "../figure.ts";
import { approval } from "./approval.ts";
import { chinese } from "./chinese.ts";
import { contextLengthError, contextLengthErrorOfTail } from "./context-length-error.ts";
import { deletedMessages, editedMessage } from "./deleted-messages.ts";
import { firstFold } from "./first-fold.ts";
import { foldedThread } from "./folded-thread.ts";
import { injection } from "./injection.ts";
import { largeFold, largeFoldAsItComes, smallSummarizer } from "./large-folds.ts";
import { longRun, stepsOfARun } from "./long-run.ts";
import { longerSummary } from "./longer-summary.ts";
import { manyFolds, manyFoldsAsItComes } from "./many-folds.ts";
import { mistakes } from "./mistakes.ts";
import { asksTwice, mainCallFails } from "./outer-middleware.ts";
import { promptCache } from "./prompt-cache.ts";
import { recall } from "./recall.ts";
import { resultsApart } from "./results-apart.ts";
import { runsAtOnce } from "./runs-at-once.ts";
import { specialCharacters } from "./special-characters.ts";
import { streamLeak } from "./stream-leak.ts";
import { structuredOutput } from "./structured-output.ts";
import { subgraph } from "./subgraph.ts";
import {
  summarizerAnswers500,
  summarizerAnswersBlanks,
  summarizerAnswersNothing,
  summarizerCutsTheConnection,
  summarizerRefuses,
} from "./summarizer-fails.ts";
import { summarizerFailsOnce } from "./summarizer-fails-once.ts";
import { abortedWhileSummarizing, summarizerHangs, summarizerIsSlow } from "./summarizer-hangs.ts";
import { systemMessages } from "./system-messages.ts";
import { longPromptByFraction, longPromptByTokens } from "./system-prompt-counts.ts";
import { tailOverTrigger } from "./tail-over-trigger.ts";
import { fork, newProcess } from "./time-travel.ts";
import { callAt5000, callAt20000, callAtToolResults, foldOf20000, foldOfToolResults } from "./times.ts";
import { trimming } from "./trimming.ts";
import { twoThreads } from "./two-threads.ts";
import { images, toolCallsAreRead } from "./what-summarizers-see.ts";
import { wholeTurn } from "./whole-turn.ts";

/** All scripts, in the order in which they are played and numbered. */
export const SCRIPTS: readonly Script[] = [
  // Times come first: code that has seen fewer kinds of messages is faster, and all are to be as fast as they can.
  callAt5000,
  callAt20000,
  callAtToolResults,
  foldOf20000,
  foldOfToolResults,
  trimming,
  wholeTurn,
  foldedThread,
  firstFold,
  summarizerAnswers500,
  summarizerCutsTheConnection,
  summarizerAnswersNothing,
  summarizerAnswersBlanks,
  summarizerRefuses,
  longerSummary,
  summarizerFailsOnce,
  summarizerIsSlow,
  summarizerHangs,
  abortedWhileSummarizing,
  mainCallFails,
  contextLengthError,
  contextLengthErrorOfTail,
  specialCharacters,
  injection,
  images,
  toolCallsAreRead,
  largeFold,
  largeFoldAsItComes,
  smallSummarizer,
  manyFolds,
  manyFoldsAsItComes,
  recall,
  tailOverTrigger,
  promptCache,
  longPromptByFraction,
  longPromptByTokens,
  chinese,
  resultsApart,
  systemMessages,
  longRun,
  stepsOfARun,
  approval,
  asksTwice,
  structuredOutput,
  streamLeak,
  subgraph,
  twoThreads,
  runsAtOnce,
  deletedMessages,
  editedMessage,
  fork,
  newProcess,
  mistakes,
];
