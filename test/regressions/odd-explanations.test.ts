import { anyOf, formatExplanation, not, type TriggerExplanation } from "@sessionfold/core";
import { expect, test } from "vitest";
import { stubSummarizer } from "../support/stub-summarizer.ts";
import { kinds, only, watched } from "../telemetry/support.ts";

const base = { name: "mine", fired: true };

function inACircle(): object {
  const explanation: Record<string, unknown> = { ...base };
  explanation.children = [{ name: "part", fired: true, observed: 1, threshold: 1 }, explanation];
  return explanation;
}

function inAWiderCircle(): object {
  const part: Record<string, unknown> = { name: "part", fired: true };
  part.children = [{ name: "inner", fired: false, children: [part] }];
  return { ...base, children: [part] };
}

function nested(depth: number): object {
  let explanation: object = { ...base };
  for (let level = 0; level < depth; level++) explanation = { ...base, children: [explanation] };
  return explanation;
}

/** Two ways down at each of so many levels: few objects, more paths than anybody could walk. */
function forked(levels: number): object {
  let explanation: object = { ...base };
  for (let level = 0; level < levels; level++)
    explanation = { ...base, children: [explanation, explanation] };
  return explanation;
}

test.each<[string, () => object, string | RegExp]>([
  ["itself among its parts", inACircle, "mine(part 1 >= 1) fired"],
  ["a part that is within itself", inAWiderCircle, "mine(part(inner())) fired"],
  ["parts deeper than any stack", () => nested(100_000), /^mine\(mine/],
  ["more parts than can be walked", () => forked(60), /^mine\(mine/],
  ["parts that are none", () => ({ ...base, children: [null, 7, "part", {}] }), "mine(custom no) fired"],
  ["parts that are no list", () => ({ ...base, children: "part" }), "mine fired"],
])(
  "a trigger that explains itself by %s: every event is told, and the explanation can be read",
  async (_, explain, line) => {
    const mine = () => explain() as TriggerExplanation;
    for (const trigger of [mine, anyOf(mine), not(not(mine))]) {
      const warnings: string[] = [];
      const { events, summarize } = watched({
        summarizer: stubSummarizer("S"),
        trigger,
        logger: { warn: (message) => warnings.push(message) },
      });
      const outcome = await summarize({});
      expect(warnings).toEqual([]);
      expect(kinds(events)).toBe("started committed");
      const told = only(events, "started").explanation as TriggerExplanation;
      expect(outcome).toHaveProperty("explanation.fired", true);
      expect(JSON.parse(JSON.stringify(told))).toEqual(told);
      if (trigger === mine) expect(formatExplanation(told)).toMatch(line);
    }
  },
);
