/** Calls what the application hangs on. What that throws or rejects with fails nobody, now or later: `failed` is called. */
export function guarded(call: () => unknown, failed: () => void): void {
  try {
    Promise.resolve(call()).catch(failed);
  } catch {
    failed();
  }
}

/** A logger that takes nobody down with it when it fails. */
export function quietly(logger: { warn(message: string): void }): { warn(message: string): void } {
  return {
    warn: (message) => {
      try {
        logger.warn(message);
      } catch {
        // There is nobody left to tell.
      }
    },
  };
}
