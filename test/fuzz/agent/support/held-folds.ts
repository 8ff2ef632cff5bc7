/** The machine's own: what is started outside of a run waits for it. */
const { setImmediate: soon } = globalThis;

/** Turns of the event loop without a move, after which somebody has to make one. */
const A_WHILE = 30;

/** Folds in the background stand still here until the program lets them go on. */
export class HeldFolds {
  #held: (() => void)[] = [];

  /** Whether a fold is under way. */
  get isAny(): boolean {
    return this.#held.length > 0;
  }

  /** Holds a fold. */
  hold(): Promise<void> {
    return new Promise((resolve) => this.#held.push(resolve));
  }

  /** Lets all go on. */
  release(): void {
    for (const go of this.#held.splice(0)) go();
  }

  /** Forgets those of a process that is gone: they never go on. */
  drop(): void {
    this.#held = [];
  }
}

/** Lets work begin that was started outside of a run. */
export async function someTurns(turns: number = A_WHILE): Promise<void> {
  for (let at = 0; at < turns; at++) await new Promise<void>((resolve) => soon(resolve));
}

/** Waits for work; whenever nothing goes on by itself, `move` sees to it that something does. */
export async function pushed<T>(work: Promise<T>, move: () => void): Promise<T> {
  let isOver = false;
  const end = (): void => {
    isOver = true;
  };
  work.then(end, end);
  for (let idle = 1; !isOver; idle++) {
    await someTurns(1);
    if (idle % A_WHILE === 0 && !isOver) move();
    if (idle > 1000 * A_WHILE) throw new Error("Work that never ends");
  }
  return work;
}
