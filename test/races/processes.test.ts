import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sharedPlaces } from "./support/places.ts";
import { race } from "./support/race.ts";

const PROCESSES = 8;
const TURNS = 6;
const ENTRIES_A_TURN = 4;
const HOOK_MS = 60_000;
const TEST_MS = 180_000;

describe.each(sharedPlaces())("eight processes that share a session in $name", (places) => {
  beforeAll(() => places.start(), HOOK_MS);
  afterAll(() => places.stop(), HOOK_MS);

  test(
    "append to it and fold it at once: nothing is lost or doubled, and no summary is paid for twice",
    async () => {
      const report = await race({ place: await places.fresh(), processes: PROCESSES, turns: TURNS });
      const { entries, summaries, calls, outcomes } = report;
      expect(entries).toBe(PROCESSES * TURNS * ENTRIES_A_TURN);
      expect(summaries).toBeGreaterThan(1);
      expect(outcomes).toMatchObject({ summarized: summaries });
      expect(calls).toBe(summaries);
    },
    TEST_MS,
  );
});
