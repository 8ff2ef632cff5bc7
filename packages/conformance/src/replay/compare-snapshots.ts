import type { ReplaySnapshot } from "./replay-snapshot.ts";

/** Where two back-ends tell different things. */
export interface ReplayDifference {
  /** Path in the snapshot. */
  readonly path: string;
  /** What the first back-end tells; undefined where it tells nothing. */
  readonly expected: unknown;
  readonly actual: unknown;
}

/** Measured by the machine's clock, and so another one at each run. */
const MEASURED = "durationMs";
const POSITIONS = new Set(["seq", "fromSeq", "toSeq", "planSeq"]);

/**
 * Every leaf at which two snapshots differ. Ids of events are compared as they are; the ids that a back-end makes for its
 * summaries, and the positions that it gives, by their order in its log. How long a summary took is not compared.
 */
export function compareSnapshots(
  expected: ReplaySnapshot,
  actual: ReplaySnapshot,
): readonly ReplayDifference[] {
  const differences: ReplayDifference[] = [];
  compare(comparable(expected), comparable(actual), "", differences);
  return differences;
}

/** The snapshot with made-up ids and positions by their order in the log, so that two of one id stay two of one id. */
function comparable(snapshot: ReplaySnapshot): unknown {
  const made = snapshot.stored.filter(({ actions }) => actions.summary !== undefined).map(({ id }) => id);
  const names = [...new Set(made)].map((id, at) => [id, `(summary ${at + 1})`] as const);
  const positions = new Map(
    [...new Set(snapshot.stored.map(({ seq }) => seq))].sort((a, b) => a - b).map((seq, at) => [seq, at]),
  );
  const renamed = (value: unknown, key: string): unknown => {
    if (typeof value === "string")
      return names.reduce((text, [id, name]) => text.replaceAll(id, name), value);
    if (typeof value === "number") return POSITIONS.has(key) ? (positions.get(value) ?? value) : value;
    if (Array.isArray(value)) return value.map((item: unknown) => renamed(item, key));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value)
        .filter(([name]) => name !== MEASURED)
        .map(([name, item]) => [name, renamed(item, name)]),
    );
  };
  return renamed(snapshot, "");
}

function compare(expected: unknown, actual: unknown, path: string, differences: ReplayDifference[]): void {
  if (Object.is(expected, actual)) return;
  const both = [expected, actual];
  if (both.every(Array.isArray) || both.every(isRecord)) {
    const [a, b] = both.map((value) => new Map(Object.entries(value as object))) as [
      Map<string, unknown>,
      Map<string, unknown>,
    ];
    for (const key of new Set([...a.keys(), ...b.keys()])) {
      const below = Array.isArray(expected) ? `${path}[${key}]` : path === "" ? key : `${path}.${key}`;
      compare(a.get(key), b.get(key), below, differences);
    }
    return;
  }
  differences.push({ path, expected, actual });
}

function isRecord(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
