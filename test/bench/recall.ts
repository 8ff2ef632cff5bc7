import {
  compacted,
  type Figures,
  forwardFigures,
  type Half,
  hasMeasures,
  lastTokens,
  type Method,
  means,
  questionFigures,
  SHARES,
} from "../support/recall.ts";
import { hasSet } from "../support/shared-data.ts";

/** What a compacted context still knows, on the product's own output, beside what trimming leaves. */

const METHODS: readonly [string, Method][] = [
  ["sessionfold", compacted],
  ["keep the last tokens", lastTokens],
];
/** The figures were tuned on the even half, as far as they were tuned on these sets at all. */
const HALVES: readonly Half[] = ["even", "odd"];

function show(figures: Figures): string {
  return means(figures)
    .map((mean) => mean.toFixed(3))
    .join(" / ");
}

async function table(set: string, measure: (method: Method, half: Half) => Promise<string>): Promise<void> {
  if (!hasSet(set)) return;
  for (const [name, method] of METHODS) {
    for (const half of HALVES) {
      console.log(`${set.padEnd(10)} ${name.padEnd(21)} ${half.padEnd(5)} ${await measure(method, half)}`);
    }
  }
}

if (!hasMeasures()) {
  console.log("recall: skipped, the measures are not here (SESSIONFOLD_EVAL)");
} else {
  console.log(
    `What a compacted context still knows, at ${SHARES.map((share) => `${share * 100} %`).join(" / ")} of the tokens (chars / 4)`,
  );
  await table("locomo", async (method, half) => {
    const { ev, ar } = await questionFigures("locomo", method, half);
    return `EV ${show(ev)}   AR ${show(ar)}`;
  });
  await table("qmsum", async (method, half) => {
    const { ev } = await questionFigures("qmsum", method, half, (at) => at % 5 === 0);
    return `EV ${show(ev)}`;
  });
  await table("specstory", async (method, half) => {
    const figures = await forwardFigures("specstory", method, half, 8000);
    return `FRR ${show(figures)}   (${figures[0]?.length} cuts)`;
  });
  await table("taubench", async (method, half) => {
    const figures = await forwardFigures("taubench", method, half, 1200, (session) => session.trial === 0);
    return `FRR ${show(figures)}   (${figures[0]?.length} cuts)`;
  });
}
