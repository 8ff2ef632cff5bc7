/** Writes what takes the place of a secret of that kind. */
export type Marker = (name: string) => string;

/**
 * Finds one kind of secret. Time must grow with the text alone, however hostile, so no repetition in an expression is
 * unbounded: an engine that goes back over a run of millions takes long, or overflows its stack. Runs are walked by `endOfRun`.
 */
export interface SecretDetector {
  /** The kind, as it stands in a marker and in the options. */
  readonly name: string;
  /** The text with each secret of this kind replaced. */
  redact(text: string, mark: Marker): string;
}

/** Whether a match is a secret; `before` is the character in front of it, "" at the start of the text. */
export type Accept = (match: string, before: string) => boolean;

/** What a secret may go on with, beyond the part by which it was found. Sticky, and bounded as all repetitions are. */
export const RUNS: Readonly<Record<"alphanumeric" | "word" | "token", RegExp>> = {
  alphanumeric: /[A-Za-z0-9]{1,4096}/y,
  word: /[\w-]{1,4096}/y,
  token: /[\w.~+/=-]{1,4096}/y,
};

/** Where a run of such characters ends that goes on at `from`. */
export function endOfRun(text: string, from: number, run: RegExp): number {
  let end = from;
  run.lastIndex = end;
  while (run.test(text)) {
    end = run.lastIndex;
  }
  return end;
}

/** What a detector knows a secret by. */
export interface Shape {
  readonly name: string;
  /** A text without any of these is not looked at further, which is what makes dozens of kinds affordable. */
  readonly literals: readonly string[];
  /** How a secret begins, up to the length it has at least; global, without groups. */
  readonly start: RegExp;
  /** What it may go on with. Absent: nothing. */
  readonly rest?: RegExp;
  readonly accept?: Accept;
}

/** A detector by the shape of a secret. */
export function matching({ name, literals, start, rest, accept }: Shape): SecretDetector {
  return {
    name,
    redact(text, mark) {
      if (!literals.some((literal) => text.includes(literal))) return text;
      const parts: string[] = [];
      let done = 0;
      for (const { 0: found, index } of text.matchAll(start)) {
        if (index < done) continue;
        const foundTo = index + found.length;
        const end = rest === undefined ? foundTo : endOfRun(text, foundTo, rest);
        if (accept?.(text.slice(index, end), text.slice(Math.max(0, index - 1), index)) === false) continue;
        parts.push(text.slice(done, index), mark(name));
        done = end;
      }
      return parts.length === 0 ? text : parts.join("") + text.slice(done);
    },
  };
}
