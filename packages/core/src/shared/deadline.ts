/** A caller called it off. */
export class CalledOff extends Error {}

/**
 * Waits; ended early, and without a timer left behind, when the signal is aborted, with its reason. `isDetached`: nobody
 * waits for it, so it keeps no process alive.
 */
export type Sleep = (milliseconds: number, signal: AbortSignal, isDetached?: boolean) => Promise<void>;

/** The longest that a timer of JavaScript can be set to. */
export const LONGEST_TIMEOUT_MS: number = 2 ** 31 - 1;

/** Waits by the machine's timer. */
export const systemSleep: Sleep = (milliseconds, signal, isDetached) =>
  new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(
      () => {
        signal.removeEventListener("abort", onAbort);
        resolve();
      },
      Math.min(milliseconds, LONGEST_TIMEOUT_MS),
    );
    if (isDetached === true) unref(timer);
    signal.addEventListener("abort", onAbort, { once: true });
  });

/** Does something again and again, until what it returns is called. It keeps no process alive. */
export function every(milliseconds: number, work: () => void): () => void {
  const timer = setInterval(work, Math.min(milliseconds, LONGEST_TIMEOUT_MS));
  unref(timer);
  return () => clearInterval(timer);
}

/** Lets the process end although the timer has not; where there are processes. */
function unref(timer: ReturnType<typeof setTimeout>): void {
  (timer as { unref?: () => void }).unref?.();
}

/** Waits for work whose own timers may keep no process alive; who waits for it does. */
export async function keptAwake<T>(work: Promise<T>): Promise<T> {
  const timer = setInterval(() => undefined, LONGEST_TIMEOUT_MS);
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
}

/** Taken at the beginning: a test that owns the timers for a while must not take the wake-up of others with it. */
const { setImmediate: soon } = globalThis as { setImmediate?: (call: () => void) => unknown };

/** The next turn of the event loop: what is going on comes first. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => (soon === undefined ? setTimeout(resolve, 0) : soon(resolve)));
}

/** Terms of a piece of work. */
export interface DeadlineOptions {
  /** Milliseconds from now; null for no limit. */
  readonly timeoutMs: number | null;
  readonly signal?: AbortSignal | undefined;
  /** The error that the work ends with at the deadline. */
  readonly timedOut: () => Error;
  /** Nobody waits for it: its timer keeps no process alive. */
  readonly isDetached?: boolean | undefined;
}

/**
 * Runs work under one deadline and the caller's signal. When either ends it, the work's own signal is aborted and the
 * result is settled at once: what the work still answers is ignored. `timeLeft` tells the work how many milliseconds it
 * has; null for any.
 * @throws CalledOff when the caller's signal is aborted; what `timedOut` makes, at the deadline.
 */
export async function withDeadline<T>(
  work: (signal: AbortSignal, timeLeft: () => number | null) => Promise<T>,
  { timeoutMs, signal, timedOut, isDetached }: DeadlineOptions,
): Promise<T> {
  if (signal?.aborted === true) throw new CalledOff();
  const controller = new AbortController();
  const startedAt = performance.now();
  const timeLeft = (): number | null =>
    timeoutMs === null ? null : Math.max(0, timeoutMs - (performance.now() - startedAt));
  let timer: ReturnType<typeof setTimeout> | undefined;
  let onAbort: (() => void) | undefined;
  const ended = new Promise<never>((_, reject) => {
    const end = (error: Error): void => {
      reject(error);
      controller.abort(error);
    };
    if (timeoutMs !== null) timer = setTimeout(() => end(timedOut()), timeoutMs);
    if (timer !== undefined && isDetached === true) unref(timer);
    onAbort = () => end(new CalledOff());
    signal?.addEventListener("abort", onAbort, { once: true });
  });
  try {
    return await Promise.race([work(controller.signal, timeLeft), ended]);
  } finally {
    clearTimeout(timer);
    if (onAbort !== undefined) signal?.removeEventListener("abort", onAbort);
  }
}
