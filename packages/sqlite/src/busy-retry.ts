import { setTimeout as sleep } from "node:timers/promises";
import { busyError, isBusy, storeError } from "./store-errors.ts";

const FIRST_PAUSE_MS = 2;
const LONGEST_PAUSE_MS = 50;

/**
 * Does something synchronous, and again after a pause while another connection is in the way, until `deadline` of
 * `performance.now()`. Engine errors come out as StoreError.
 */
export async function retryWhileBusy<T>(attempt: () => T, deadline: number): Promise<T> {
  for (let longest = FIRST_PAUSE_MS; ; longest = Math.min(longest * 2, LONGEST_PAUSE_MS)) {
    try {
      return attempt();
    } catch (error) {
      if (!isBusy(error)) throw storeError(error);
      const left = deadline - performance.now();
      if (left <= 0) throw busyError(error);
      // Of different length, so that processes which met once do not meet again each time.
      await sleep(Math.min(left, longest * (0.5 + Math.random() / 2)));
    }
  }
}
