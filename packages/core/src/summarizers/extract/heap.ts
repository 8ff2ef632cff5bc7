/**
 * Lazy greedy selection: candidates leave in the order of their gain for their cost, where picking one can only lower the
 * gain of others. A candidate's gain is looked at again when it reaches the top, so most are measured only once or twice.
 */
export interface LazyGreedy {
  /** Candidates, by number. */
  readonly count: number;
  /** Present gain per cost of a candidate; never rises between calls. Zero or less: not worth keeping. */
  readonly gain: (candidate: number) => number;
  /** Told of each pick, before the next gain is asked for. */
  readonly pick: (candidate: number) => void;
  /** Whether enough is picked. */
  readonly full: () => boolean;
}

/** Runs the selection; ties go to the smaller number, so the result does not depend on the heap's shape. */
export function lazyGreedy(problem: LazyGreedy): void {
  const { count, gain, pick, full } = problem;
  const keys = new Float64Array(count);
  const heap: number[] = [];
  const above = (a: number, b: number): boolean => {
    const difference = (keys[a] ?? 0) - (keys[b] ?? 0);
    return difference > 0 || (difference === 0 && a < b);
  };
  const sink = (from: number): void => {
    const moved = heap[from] ?? 0;
    let at = from;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && above(heap[child + 1] ?? 0, heap[child] ?? 0)) child += 1;
      if (!above(heap[child] ?? 0, moved)) break;
      heap[at] = heap[child] ?? 0;
      at = child;
    }
    heap[at] = moved;
  };
  for (let candidate = 0; candidate < count; candidate += 1) {
    const key = gain(candidate);
    if (key <= 0) continue;
    keys[candidate] = key;
    heap.push(candidate);
  }
  for (let at = (heap.length >> 1) - 1; at >= 0; at -= 1) sink(at);
  while (heap.length > 0 && !full()) {
    const top = heap[0] ?? 0;
    const key = gain(top);
    if (key >= (keys[top] ?? 0)) {
      pick(top);
      removeTop(heap, sink);
    } else if (key <= 0) removeTop(heap, sink);
    else {
      keys[top] = key;
      sink(0);
    }
  }
}

function removeTop(heap: number[], sink: (from: number) => void): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  heap[0] = last;
  sink(0);
}
