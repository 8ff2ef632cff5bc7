import { writeSync } from "node:fs";
import { createInterface } from "node:readline";

/** Tells the parent something, before anything else is done. */
export function tell(line: { readonly kind: string; readonly [detail: string]: unknown }): void {
  writeSync(1, `${JSON.stringify(line)}\n`);
}

/** The lines that the parent hands over, one call each. */
export function hearing(): () => Promise<unknown> {
  const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  return async () => {
    const { value, done } = await lines.next();
    // The parent is gone.
    if (done === true) process.exit(0);
    return JSON.parse(value);
  };
}
