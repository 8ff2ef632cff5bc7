import assert from "node:assert/strict";
import { isConversationEvent, MARK_KINDS } from "@sessionfold/core";
import fc from "fast-check";
import { lacksCovered, textOf, viewOf } from "../checks/log-view.ts";
import { nameOf } from "../support/storage.ts";
import { isCode, KEYS } from "../support/world.ts";
import { command, type FuzzCommand } from "./command.ts";

const KEY = KEYS[0] ?? { appName: "", userId: "", sessionId: "" };

/** Pins, skips and hides, and takes them back: of events and of summaries. */
export function marks(): fc.Arbitrary<FuzzCommand> {
  return fc
    .record({
      who: fc.nat({ max: 1 }),
      key: fc.constantFrom(0, 0, 0, 0, 1),
      kind: fc.constantFrom(...MARK_KINDS, "hide" as const, "unhide" as const, "pin" as const),
      summary: fc.nat({ max: 4 }).map((roll) => roll === 0),
      pick: fc.nat({ max: 30 }),
    })
    .map((asked) =>
      command(`mark ${JSON.stringify(asked)}`, (world) => {
        const { kind, pick } = asked;
        const key = KEYS[asked.key] ?? KEY;
        const name = nameOf(key);
        const family = kind.replace(/^un/, "");
        const wantsSummary = family === "hide" || (family === "pin" && asked.summary);
        const known = (world.storage.latest(name).events ?? []).filter((event) =>
          wantsSummary ? event.actions.summary !== undefined : isConversationEvent(event),
        );
        const target = known[pick % Math.max(1, known.length)]?.id;
        if (target === undefined) return undefined;
        return world.begin(
          `mark ${kind}`,
          key,
          {
            isPrompt: true,
            tolerates: (error, { versions }) =>
              (isCode(error, "configuration") &&
                versions.some(({ events }) => events?.some(({ id }) => id === target) !== true)) ||
              (isCode(error, "events-pruned") && versions.some((version) => lacksCovered(viewOf(version)))),
          },
          () => world.decorator(asked.who).service.mark(key, { [kind]: target }),
          (note, { versions }) => {
            const text = textOf([note]);
            assert.ok(
              versions.some(({ events }) => events?.some((event) => textOf([event]) === text)),
              "a mark that is not in the log",
            );
          },
        );
      }),
    );
}
