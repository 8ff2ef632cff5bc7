import { FoldedLog } from "@sessionfold/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { histories, play } from "../support/histories.ts";
import { referenceFold } from "../support/reference-fold.ts";

const RUNS = Number(process.env.SESSIONFOLD_FUZZ_RUNS ?? 4000);

test("the fold agrees with the rules written out naively, on every history", () => {
  fc.assert(
    fc.property(histories(45), (steps) => {
      const log = play(steps);
      const folded = FoldedLog.of(log);
      const reference = referenceFold(log);
      expect(folded.visible.map((event) => event.id)).toEqual(reference.visible);
      expect(new Set(folded.effective.map((node) => node.summary.id))).toEqual(new Set(reference.effective));
    }),
    { numRuns: RUNS },
  );
});

test("a log folded event by event is the same as one folded at once", () => {
  fc.assert(
    fc.property(histories(40), (steps) => {
      const grown = FoldedLog.of([]);
      play(steps, (event, log) => {
        grown.append(event);
        if (log.length !== grown.events.length) return; // After a prune the grown log holds what the other has lost.
        const fresh = FoldedLog.of(log);
        expect(grown.visible.map(({ id }) => id)).toEqual(fresh.visible.map(({ id }) => id));
        expect(grown.effective.map(({ summary }) => summary.id)).toEqual(
          fresh.effective.map(({ summary }) => summary.id),
        );
        expect(grown.effective.map(({ position }) => position)).toEqual(
          fresh.effective.map(({ position }) => position),
        );
      });
    }),
    { numRuns: RUNS / 4 },
  );
});

test("no text is lost: every event is visible, skipped under a summary, or covered by exactly one effective summary", () => {
  fc.assert(
    fc.property(histories(45), (steps) => {
      const log = play(steps);
      const folded = FoldedLog.of(log);
      const shown = new Set(folded.visible.map((event) => event.id));
      for (const event of log) {
        if (event.actions.summary !== undefined || event.actions.marks !== undefined) continue;
        const covering = folded.effective.filter(({ summary }) =>
          folded.coveredIds(summary.id).has(event.id),
        );
        expect(covering.length).toBeLessThanOrEqual(1);
        if (!shown.has(event.id) && covering.length === 0) expect(folded.isSkipped(event)).toBe(true);
      }
    }),
    { numRuns: RUNS },
  );
});

test("undo shows again exactly what the summary hid, and hiding a merge shows its parts", () => {
  fc.assert(
    fc.property(histories(40), fc.nat(), (steps, pick) => {
      const log = play(steps.filter((step) => step.kind !== "prune"));
      const folded = FoldedLog.of(log);
      const node = folded.effective[pick % Math.max(1, folded.effective.length)];
      if (node === undefined) return;
      const hide = {
        id: "undo",
        seq: folded.lastSeq + 1,
        author: "system",
        timestamp: 0,
        actions: { marks: [{ kind: "hide" as const, targets: [node.summary.id] }] },
      };
      const undone = FoldedLog.of([...log, hide]);
      expect(undone.effective.map(({ summary }) => summary.id)).not.toContain(node.summary.id);
      const covered = new Set(undone.effective.flatMap(({ summary }) => [...undone.coveredIds(summary.id)]));
      const shown = new Set(undone.visible.map((event) => event.id));
      for (const event of folded.coveredEvents(node.summary.id)) {
        expect(covered.has(event.id) || shown.has(event.id) || undone.isSkipped(event)).toBe(true);
      }
      const redone = FoldedLog.of([
        ...log,
        hide,
        {
          ...hide,
          id: "redo",
          seq: hide.seq + 1,
          actions: { marks: [{ kind: "unhide" as const, targets: [node.summary.id] }] },
        },
      ]);
      expect(redone.visible.map(({ id }) => id)).toEqual(folded.visible.map(({ id }) => id));
    }),
    { numRuns: RUNS / 2 },
  );
});
