/**
 * Milliseconds until a run gives up. What waits for a model that waits for it would hang for good; within any other
 * limit a store answers by far.
 */
export const PATIENCE_MS = 3000;

/** A promise that is kept from outside. */
export interface Gate {
  readonly opened: Promise<void>;
  readonly open: () => void;
}

/** A gate that is closed. */
export function gate(): Gate {
  let open = (): void => {};
  const opened = new Promise<void>((done) => {
    open = done;
  });
  return { opened, open: () => open() };
}

/** Lets so many turns of the event loop pass, in which all that need not wait has its chance to end. */
export async function ticks(count: number = 20): Promise<void> {
  for (let tick = 0; tick < count; tick++) await new Promise<void>((done) => setTimeout(done, 0));
}
