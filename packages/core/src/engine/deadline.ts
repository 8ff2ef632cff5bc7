import { SummarizeError } from "../shared/errors.ts";

/** Thrown when the caller called it off. */
export class CalledOff extends Error {}

/**
 * Runs work under one deadline and the caller's signal. When either ends it, the work's own signal is aborted and the
 * result is settled at once: what the work still answers is ignored.
 */
export async function withDeadline<T>(
  work: (signal: AbortSignal) => Promise<T>,
  options: {
    readonly timeoutMs: number | null;
    readonly signal?: AbortSignal | undefined;
    readonly sessionId: string;
  },
): Promise<T> {
  const { timeoutMs, signal, sessionId } = options;
  if (signal?.aborted === true) throw new CalledOff();
  const controller = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let onAbort: (() => void) | undefined;
  const ended = new Promise<never>((_, reject) => {
    const end = (error: Error): void => {
      reject(error);
      controller.abort(error);
    };
    if (timeoutMs !== null) {
      timer = setTimeout(
        () => end(new SummarizeError("timeout", `Summarising timed out after ${timeoutMs} ms`, sessionId)),
        timeoutMs,
      );
    }
    onAbort = () => end(new CalledOff());
    signal?.addEventListener("abort", onAbort, { once: true });
  });
  try {
    return await Promise.race([work(controller.signal), ended]);
  } finally {
    clearTimeout(timer);
    if (onAbort !== undefined) signal?.removeEventListener("abort", onAbort);
  }
}
