import { AsyncLocalStorageProviderSingleton } from "@langchain/core/singletons";
import { nextTurn } from "./deadline.ts";

/** Starts that are asked for and not made yet. */
const asked: (() => void)[] = [];
let wake: () => void = () => undefined;

/**
 * Starts work soon, but after what is going on, and outside the async context of whoever asks: what a request keeps in an
 * `AsyncLocalStorage`, such as its callbacks, its trace or its user, does not reach it. The context is the one in which
 * this module was loaded, and never a run of LangChain's: a request may have been the one that loaded it.
 */
export function startOutside(work: () => void): void {
  asked.push(work);
  wake();
}

async function start(): Promise<never> {
  for (;;) {
    const woken = new Promise<void>((resolve) => {
      wake = resolve;
    });
    for (const work of asked.splice(0)) AsyncLocalStorageProviderSingleton.getInstance().run(undefined, work);
    await woken;
    await nextTurn();
  }
}
void start();
