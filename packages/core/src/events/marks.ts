/** What a mark does to its targets: events for pin and skip, summaries for hide; a summary may be pinned too. */
export type MarkKind = "pin" | "unpin" | "skip" | "unskip" | "hide" | "unhide";

/** Every kind of mark. */
export const MARK_KINDS: readonly MarkKind[] = ["pin", "unpin", "skip", "unskip", "hide", "unhide"];

/** An appended note about earlier events or summaries. */
export interface Mark {
  readonly kind: MarkKind;
  /** Ids of the events or summaries it is about. */
  readonly targets: readonly string[];
}

/** What the marks of a log amount to: for each id the latest word counts. */
export class MarkState {
  readonly #pinned = new Map<string, boolean>();
  readonly #skipped = new Map<string, boolean>();
  readonly #hidden = new Map<string, boolean>();

  /** Takes one more mark into account, in log order. */
  apply(mark: Mark): void {
    const on = !mark.kind.startsWith("un");
    const family = mark.kind.endsWith("pin")
      ? this.#pinned
      : mark.kind.endsWith("skip")
        ? this.#skipped
        : this.#hidden;
    for (const target of mark.targets) family.set(target, on);
  }

  /** Whether the id is pinned; undefined when no mark says so either way. */
  pinned(id: string): boolean | undefined {
    return this.#pinned.get(id);
  }

  /** Whether the id is skipped; undefined when no mark says so either way. */
  skipped(id: string): boolean | undefined {
    return this.#skipped.get(id);
  }

  /** Whether the summary of that id is hidden (undone). */
  hidden(id: string): boolean {
    return this.#hidden.get(id) ?? false;
  }
}
