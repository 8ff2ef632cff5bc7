/** Tells the time in milliseconds since the epoch. Injected wherever time matters, so that tests own it. */
export type Clock = () => number;

/** The machine's clock. */
export const systemClock: Clock = () => Date.now();
