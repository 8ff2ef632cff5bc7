import { setTimeout as sleep } from "node:timers/promises";
import { StoreError } from "@sessionfold/core";
import { tell } from "./telling.ts";

const PAUSE_MS = 20;

/** Does it again while the storage is away or busy, as a client that wants to be sure does, and tells of each time. */
export async function surely<T>(task: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await task();
    } catch (error) {
      const mayPass = error instanceof StoreError && /^store-(unavailable|busy)$/.test(error.code);
      if (!mayPass) throw error;
      tell({ kind: "retrying", code: error.code });
      await sleep(PAUSE_MS);
    }
  }
}
