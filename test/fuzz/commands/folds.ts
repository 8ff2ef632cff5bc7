import assert from "node:assert/strict";
import { STRATEGIES } from "@sessionfold/core";
import fc from "fast-check";
import { textOf, viewOf } from "../checks/log-view.ts";
import { KEEPS } from "../support/config.ts";
import { BEHAVIOURS } from "../support/scripted-summarizer.ts";
import { KEYS } from "../support/world.ts";
import { command, type FuzzCommand } from "./command.ts";

const KEY = KEYS[0] ?? { appName: "", userId: "", sessionId: "" };

/** Summaries on request: forced or as the trigger says, of a scope, with overrides, given up by the caller. */
export function summarizes(): fc.Arbitrary<FuzzCommand> {
  return fc
    .record({
      who: fc.nat({ max: 1 }),
      key: fc.constantFrom(0, 0, 0, 0, 1),
      force: fc.boolean(),
      scope: fc.constantFrom(undefined, undefined, undefined, "agent", "other"),
      keep: fc.constantFrom(undefined, undefined, ...KEEPS),
      strategy: fc.constantFrom(undefined, undefined, undefined, ...STRATEGIES),
      /** When the caller gives up: never, at once, or after so many waits. */
      abort: fc.constantFrom(undefined, undefined, undefined, 0, 1, 3, 8),
    })
    .map((asked) =>
      command(`summarize ${JSON.stringify(asked)}`, (world) => {
        const key = KEYS[asked.key] ?? KEY;
        const { service, name } = world.decorator(asked.who);
        const { force, scope, abort } = asked;
        const keep = asked.keep ?? world.config.keep;
        const controller = new AbortController();
        if (abort !== undefined) void givingUp(world.gate.bind(world), abort, controller);
        return world.begin(
          "summarize",
          key,
          { isPrompt: false },
          () =>
            service.summarize(key, {
              force,
              keep,
              metadata: { keep },
              ...(scope !== undefined && { scope, summarizer: world.script.summarizer(name, scope) }),
              ...(asked.strategy !== undefined && { strategy: asked.strategy }),
              ...(abort !== undefined && { signal: controller.signal }),
            }),
          (outcome, { versions }) => {
            if (outcome.kind === "skipped" && outcome.reason === "aborted")
              assert.ok(
                controller.signal.aborted ||
                  world.script.closing.has(name) ||
                  versions.some(({ events }) => events === null),
                "a summary was called off that nobody gave up",
              );
            // Of two processes neither knows what the other appends between its read and its write.
            if (outcome.kind !== "summarized" || !world.isExact) return;
            const { summary, window } = outcome;
            const told = textOf(window);
            const isOne = versions.some(
              (version) =>
                version.events?.some(({ id }) => id === summary.id) === true &&
                textOf(viewOf(version).window(undefined, world.config.merged)) === told,
            );
            assert.ok(isOne, "the window of an outcome is none that the log ever had");
          },
        );
      }),
    );
}

/** What the next summarising calls do. */
export function behaviours(): fc.Arbitrary<FuzzCommand> {
  return fc.constantFrom(...BEHAVIOURS).map((behaviour) =>
    command(`script ${behaviour}`, (world) => {
      world.behaviours.push(behaviour);
      return undefined;
    }),
  );
}

async function givingUp(
  gate: (label: string) => Promise<void>,
  waits: number,
  controller: AbortController,
): Promise<void> {
  for (let left = waits; left > 0; left--) await gate("caller");
  controller.abort();
}
