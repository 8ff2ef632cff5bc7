import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { LimitWait } from "./limit-wait.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const never = new Promise<void>(() => {});
const signal = new AbortController().signal;

/** A conversation that stays too large, and what is asked about it. */
function tooLarge(pending: Promise<void> | undefined) {
  const asked = { measured: 0, started: 0 };
  return {
    asked,
    awaited: {
      isTooLarge: async () => {
        asked.measured++;
        return true;
      },
      pending: () => pending,
      start: () => void asked.started++,
      signal,
    },
  };
}

test("a call waits as long as it may; nobody waits for the same fold after that", async () => {
  const wait = new LimitWait(1000);
  const { awaited } = tooLarge(never);
  let isOver = false;
  const first = wait.wait(awaited).then(() => {
    isOver = true;
  });
  await vi.advanceTimersByTimeAsync(999);
  expect(isOver).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  await first;
  // No timer moves any more: these end without one.
  await wait.wait(awaited);
  expect(await wait.end(awaited)).toBe(false);
});

test("where nothing is done, it is asked for once; what is not taken is not waited for", async () => {
  const { awaited, asked } = tooLarge(undefined);
  await new LimitWait(1000).wait(awaited);
  expect(asked).toEqual({ measured: 1, started: 1 });
});

test("a fold that did not help is followed by one more, not by a third", async () => {
  const { awaited, asked } = tooLarge(undefined);
  let folds = 0;
  let pending: Promise<void> | undefined = Promise.resolve();
  const fold = (): Promise<void> =>
    Promise.resolve().then(() => {
      folds++;
      pending = undefined;
    });
  pending = fold();
  const start = (): void => {
    awaited.start();
    pending = fold();
  };
  await new LimitWait(1000).wait({ ...awaited, start, pending: () => pending });
  expect({ folds, started: asked.started }).toEqual({ folds: 2, started: 1 });
});

test("the end of the run ends the waiting; 0 is no wait at all", async () => {
  const controller = new AbortController();
  const { awaited } = tooLarge(never);
  const waiting = new LimitWait(1000).wait({ ...awaited, signal: controller.signal });
  await vi.advanceTimersByTimeAsync(1);
  controller.abort();
  await waiting;
  await new LimitWait(0).wait(awaited);
  expect(vi.getTimerCount()).toBe(0);
});

test("what fails while measuring is not swallowed", async () => {
  const broken = { ...tooLarge(never).awaited, isTooLarge: () => Promise.reject(new Error("broken")) };
  await expect(new LimitWait(1000).wait(broken)).rejects.toThrow("broken");
});
