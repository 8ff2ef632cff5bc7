/** Tells on stderr how far a long task is. */
export interface Progress {
  /** Tells the state, if it is time to. */
  report(state: () => string): void;
  /** Takes the line back before something else is printed. */
  clear(): void;
}

const QUIET_MS = 1000;
const TTY_EVERY_MS = 100;
const LOG_EVERY_MS = 5000;

/** Says nothing in the first second; then rewrites one line on a terminal, or adds a line now and then elsewhere. */
export function startProgress(stream: NodeJS.WriteStream, now: () => number = Date.now): Progress {
  const everyMs = stream.isTTY ? TTY_EVERY_MS : LOG_EVERY_MS;
  let next = now() + QUIET_MS;
  let isShown = false;
  return {
    report(state) {
      if (now() < next) return;
      next = now() + everyMs;
      isShown = stream.isTTY;
      stream.write(stream.isTTY ? `\r\x1b[K${state()}` : `${state()}\n`);
    },
    clear() {
      if (isShown) stream.write("\r\x1b[K");
      isShown = false;
    },
  };
}
