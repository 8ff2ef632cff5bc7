/** How a property is run: as the environment says, so that a failure can be played again. */
export interface FuzzParameters {
  readonly numRuns: number;
  readonly seed: number;
  readonly path?: string;
}

/** In the tests the same programs every time, so that a red test is a change's doing; `npm run soak` draws new ones. */
const SEED = 20261121;

/**
 * `SESSIONFOLD_FUZZ_RUNS` runs, by default so many. `SESSIONFOLD_FUZZ_SEED` and `SESSIONFOLD_FUZZ_PATH` play the run again
 * that a failure has printed.
 */
export function fuzzParameters(runs: number): FuzzParameters {
  const { SESSIONFOLD_FUZZ_RUNS, SESSIONFOLD_FUZZ_SEED, SESSIONFOLD_FUZZ_PATH } = process.env;
  return {
    numRuns: Number(SESSIONFOLD_FUZZ_RUNS ?? runs),
    seed: Number(SESSIONFOLD_FUZZ_SEED ?? SEED),
    ...(SESSIONFOLD_FUZZ_PATH !== undefined && { path: SESSIONFOLD_FUZZ_PATH }),
  };
}

/** The `replayPath` that fast-check prints with a list of commands, from `SESSIONFOLD_FUZZ_REPLAY`. */
export function replayPath(): string | undefined {
  return process.env.SESSIONFOLD_FUZZ_REPLAY;
}
