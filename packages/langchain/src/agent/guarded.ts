/** What the application hangs on must not fail what called it, now or later. */
export function guarded(call: () => unknown, failed: () => void): void {
  try {
    Promise.resolve(call()).catch(failed);
  } catch {
    failed();
  }
}

/** A logger's `warn` that takes nobody down with it when it fails. */
export function quietly(logger: { warn(message: string): void }): (message: string) => void {
  return (message) => {
    try {
      logger.warn(message);
    } catch {
      // There is nobody left to tell.
    }
  };
}
