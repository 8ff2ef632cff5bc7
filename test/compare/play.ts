import type { Contestant } from "./contestants/contestant.ts";
import type { Observed, Script } from "./figure.ts";
import type { Result } from "./report.ts";

/** Lets every contestant play a script; with several rounds they take turns, and the medians count. */
export async function play(script: Script, contestants: readonly Contestant[]): Promise<Result> {
  const start = performance.now();
  const rounds = new Map<Contestant, Observed[]>(contestants.map((contestant) => [contestant, []]));
  const errors = new Map<Contestant, unknown>();
  for (let round = 0; round < (script.rounds ?? 1); round++) {
    for (const contestant of contestants) {
      if (errors.has(contestant)) continue;
      try {
        const seen = await script.play(contestant);
        checkNames(script, seen);
        rounds.get(contestant)?.push(seen);
      } catch (error) {
        errors.set(contestant, error);
      }
    }
  }
  const observed = new Map<Contestant, Observed>();
  for (const [contestant, seen] of rounds) {
    if (!errors.has(contestant)) observed.set(contestant, medians(script, seen));
  }
  return { script, observed, errors, seconds: (performance.now() - start) / 1000 };
}

function checkNames(script: Script, seen: Observed): void {
  const names = script.figures.map((figure) => figure.name);
  const strange = Object.keys(seen).filter((name) => !names.includes(name));
  const missing = names.filter((name) => !(name in seen));
  if (strange.length + missing.length > 0)
    throw new Error(
      `Figures of "${script.title}": unknown ${strange.join(", ")}; missing ${missing.join(", ")}`,
    );
}

function medians(script: Script, seen: readonly Observed[]): Observed {
  const [first] = seen;
  if (first === undefined || seen.length === 1) return first ?? {};
  return Object.fromEntries(
    script.figures.map(({ name }) => {
      const values = seen.map((one) => one[name]);
      const numbers = values.filter((value) => typeof value === "number").sort((a, b) => a - b);
      return [name, numbers.length === seen.length ? numbers[Math.floor(numbers.length / 2)] : first[name]];
    }),
  );
}
