import type { BaseMessage } from "@langchain/core/messages";

/** A question that a run asked by `interrupt`. */
export interface RunInterrupt {
  readonly id?: string;
  /** What `interrupt` was called with. */
  readonly value?: unknown;
}

/** What a run came to. */
export interface RunResult {
  /** `interrupted`: it waits for `resume`. */
  readonly kind: "completed" | "interrupted";
  /** The invocation that its events carry. A resumed run keeps it. */
  readonly invocationId: string;
  /** What was said in the run, apart from its input: answers of the agent and results of its tools, in order. */
  readonly messages: readonly BaseMessage[];
  /** The questions of an interrupted run. */
  readonly interrupts: readonly RunInterrupt[];
  /** The graph's state at the end: `structuredResponse`, for example. Its messages are the window and the run's. */
  readonly state: Readonly<Record<string, unknown>>;
}

/** The chunks of a run, as LangGraph streams them, and what the run comes to. The run begins with the first chunk asked for. */
export interface RunStream extends AsyncIterable<unknown> {
  /** Settles when the run is over and what it said is in the log. Rejects with what the iteration throws. */
  readonly result: Promise<RunResult>;
}

/** A stream over the chunks of a run. Whoever stops to iterate calls the run off. */
export function runStream(chunks: () => AsyncGenerator<unknown, RunResult>): RunStream {
  let settle: { resolve(result: RunResult): void; reject(error: unknown): void } | undefined;
  const result = new Promise<RunResult>((resolve, reject) => {
    settle = { resolve, reject };
  });
  // Whoever only iterates is told by the iteration.
  result.catch(() => undefined);
  async function* iterate(): AsyncGenerator<unknown> {
    try {
      settle?.resolve(yield* chunks());
    } catch (error) {
      settle?.reject(error);
      throw error;
    } finally {
      // Only where the iteration was stopped is it still open.
      settle?.reject(new DOMException("The run was called off: nobody read on", "AbortError"));
    }
  }
  const iteration = iterate();
  return { result, [Symbol.asyncIterator]: () => iteration };
}

/** What a run comes to, without a look at its chunks. */
export async function lastOf(chunks: AsyncGenerator<unknown, RunResult>): Promise<RunResult> {
  for (;;) {
    const step = await chunks.next();
    if (step.done === true) return step.value;
  }
}
