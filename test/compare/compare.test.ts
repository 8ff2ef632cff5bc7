import { describe, expect, test } from "vitest";
import { CONTESTANTS, OURS } from "./contestants/contestants.ts";
import { compare } from "./figure.ts";
import { play } from "./play.ts";
import { rowsOf } from "./report.ts";
import { SCRIPTS } from "./scripts/scripts.ts";

// The scripts that take well under a second, without those that measure times: `npm run compare` plays them all.

describe.each(SCRIPTS.filter((script) => script.isSlow !== true))("$title", (script) => {
  test("ours is nowhere worse", async () => {
    const result = await play(script, CONTESTANTS);
    expect(result.errors).toEqual(new Map());
    const worse = rowsOf(result, CONTESTANTS, OURS).filter((row) => row.verdict === "worse");
    expect(worse.map((row) => [row.figure.name, ...row.cells])).toEqual([]);
  });
});

test("a figure is judged by the way that is better", () => {
  const more = { name: "kept", better: "more" } as const;
  const no = { name: "leaks", better: "no" } as const;
  const time = { name: "ms", better: "less", slack: 0.2, floor: 0.01 } as const;
  expect(compare(more, 3, 2)).toBe("better");
  expect(compare(more, 2, 3)).toBe("worse");
  expect(compare(no, false, true)).toBe("better");
  expect(compare(no, true, false)).toBe("worse");
  expect(compare(time, 1.1, 1)).toBe("equal");
  expect(compare(time, 1.5, 1)).toBe("worse");
  expect(compare(time, 0.02, 0.015)).toBe("equal");
  expect(compare(time, undefined, 1)).toBe("equal");
  expect(compare({ name: "calls", better: "neither" }, 9, 1)).toBe("equal");
});
