import { InMemorySessionService, type SessionEvent, STRATEGIES, type Strategy } from "@sessionfold/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { a, call, res, u } from "../support/events.ts";
import { fenced } from "../support/fenced.ts";
import { shown, summarized, turns } from "../support/folds.ts";
import { conversationOf, histories } from "../support/histories.ts";
import { RecordingModel } from "../support/recording-model.ts";
import { appendAll, decorated, KEY } from "../support/sessions.ts";
import { type Act, bytes, effectiveOf, type Folded, replay, talks } from "../support/strategy-replay.ts";
import { stubSummarizer } from "../support/stub-summarizer.ts";

const RUNS = Number(process.env.SESSIONFOLD_FUZZ_RUNS ?? 4000) / 40;
const LIMIT = 3;

const keeps = fc.constantFrom({ turns: 0 }, { turns: 1 }, { events: 2 }, { tokens: 30 });

function actsOf(...kinds: readonly Act["kind"][]): fc.Arbitrary<readonly Act[]> {
  const act = fc.record({ kind: fc.constantFrom(...kinds), pick: fc.nat({ max: 40 }) });
  return fc.array(act, { minLength: 100, maxLength: 100 });
}

/** Plays random conversations, folds them after answers, and hands each one's folds to a check. */
async function plays(
  strategy: Strategy,
  acts: fc.Arbitrary<readonly Act[]>,
  check: (folds: readonly Folded[]) => void,
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(talks(), acts, keeps, async (events, given, keep) => {
      check(await replay({ strategy, blockLimit: LIMIT, keep, events, acts: given, afterAnswers: true }));
    }),
    { numRuns: RUNS, endOnFailure: true },
  );
}

test.each(STRATEGIES)(
  "invariants 1, 2, 3 and 5 hold with the strategy %s, also under undo, pins, skips and prune",
  async (strategy) => {
    const acts = actsOf("fold", "fold", "fold", "nothing", "undo", "redo", "pin", "skip", "prune");
    let committed = 0;
    await fc.assert(
      fc.asyncProperty(histories(60), acts, keeps, async (steps, given, keep) => {
        const events = conversationOf(steps);
        committed += (await replay({ strategy, blockLimit: LIMIT, keep, events, acts: given })).length;
      }),
      { numRuns: RUNS, endOnFailure: true },
    );
    expect(committed).toBeGreaterThan(RUNS);
  },
);

test("rolling leaves one summary, which was given the one before and the new events alone", async () => {
  let rolled = 0;
  await plays("rolling", actsOf("fold", "nothing", "pin", "skip"), (folds) => {
    for (const { summary, request, stood, stand } of folds) {
      expect(stand.map(({ id }) => id)).toEqual([summary.id]);
      expect(request.previous.map(({ id }) => id)).toEqual(stood.map(({ id }) => id));
      rolled += stood.length;
    }
    const read = folds.flatMap(({ request }) => request.events.map(({ id }) => id));
    expect(new Set(read).size).toBe(read.length);
  });
  expect(rolled).toBeGreaterThan(RUNS);
});

test("rolling folds a long turn apart from what was before it, and takes both in once the turn is over", async () => {
  const stub = stubSummarizer(({ events }) => `digest of ${events.length}`);
  const options = { mode: "manual", summarizer: stub, keep: { turns: 0 } } as const;
  const { sessions, session } = await decorated(options);
  const rounds = [1, 2, 3].flatMap((at) => [call(`c${at}`), res(`c${at}`, "x".repeat(99))]);
  const fold = async () => summarized(await sessions.summarize(KEY, { force: true }));
  const at = (window: readonly SessionEvent[]) => window.map(({ author }) => author);
  await appendAll(sessions, session, [...turns(2), u("do a lot")]);
  expect(at((await fold()).window)).toEqual(["system", "user"]);
  await appendAll(sessions, session, rounds);
  expect(at((await fold()).window)).toEqual(["system", "user", "system", "agent", "tool"]);
  const two = (await effectiveOf(sessions)).map(({ id }) => id);
  expect(two).toHaveLength(2);
  await appendAll(sessions, session, [a("done")]);
  const { summary, window } = await fold();
  expect(summary.coverage.replaces).toEqual(two);
  expect(stub.requests.at(-1)?.previous.map(({ text }) => text)).toEqual(["digest of 4", "digest of 4"]);
  expect(at(window)).toEqual(["system"]);
  expect(await sessions.unfold(KEY, summary.id)).toHaveLength(12);
});

test("blocks leave the beginning of the window as it is, byte for byte, until so many have come together", async () => {
  let compared = 0;
  let merges = 0;
  await plays("blocks", actsOf("fold", "fold", "fold", "nothing", "pin"), (folds) => {
    for (const { summary, request, before, after, stood, stand } of folds) {
      const blocks = (level: number) => stand.filter((block) => block.level === level).length;
      for (let level = 0; level <= summary.level + 1; level++)
        expect(blocks(level)).toBeLessThanOrEqual(LIMIT);
      const replaced = request.previous.map(({ id }) => id);
      if (summary.level === 0) {
        expect(replaced).toEqual([]);
        expect(stand.map(({ id }) => id)).toEqual([...stood.map(({ id }) => id), summary.id]);
        const prefix = after.slice(0, indexOf(after, summary.id));
        const read = prefix.filter(isRead);
        expect(read.map(bytes)).toEqual(before.filter(isRead).slice(0, read.length).map(bytes));
        compared += read.length;
      } else {
        merges++;
        for (let level = 0; level < summary.level; level++) {
          const full = stood.filter((block) => block.level === level);
          expect(full.length).toBe(LIMIT);
          for (const { id } of full) expect(replaced).toContain(id);
        }
        expect(replaced).toHaveLength(LIMIT * summary.level);
        const places = replaced.map((id) => indexOf(before, id));
        expect(places).toEqual([...places].sort((x, y) => x - y));
      }
    }
  });
  expect(compared).toBeGreaterThan(RUNS);
  expect(merges).toBeGreaterThan(RUNS / 4);
});

test("independent summaries never take each other's place and never see each other", async () => {
  let most = 0;
  await plays("independent", actsOf("fold", "nothing", "pin", "skip"), (folds) => {
    for (const { summary, request, stood, stand } of folds) {
      expect(request.previous).toEqual([]);
      expect(summary.level).toBe(0);
      expect(stand.map(({ id }) => id)).toEqual([...stood.map(({ id }) => id), summary.id]);
      most = Math.max(most, stand.length);
    }
    const read = folds.flatMap(({ request }) => request.events.map(({ id }) => id));
    expect(new Set(read).size).toBe(read.length);
  });
  expect(most).toBeGreaterThan(LIMIT);
});

test("whole reads every raw event of the earlier summaries again, and no summary", async () => {
  let reread = 0;
  await plays("whole", actsOf("fold", "fold", "nothing", "undo", "redo", "skip"), (folds) => {
    for (const { summary, request, stood, stand, after } of folds) {
      expect(request.previous).toEqual([]);
      expect(request.history()).toEqual([]);
      const read = request.events.map(({ id }) => id);
      const unread = new Set(summary.coverage.direct.filter((id) => !read.includes(id)));
      for (const { coverage } of stood)
        for (const id of coverage.direct) expect(unread.has(id) || read.includes(id)).toBe(true);
      const positions = request.events.map(({ seq }) => seq);
      expect(positions).toEqual([...positions].sort((x, y) => x - y));
      expect(stand.map(({ id }) => id)).toEqual([summary.id]);
      expect(after.filter(({ id }) => read.includes(id))).toEqual([]);
      reread += stood.length;
    }
  });
  expect(reread).toBeGreaterThan(RUNS);
});

function indexOf(window: readonly SessionEvent[], id: string): number {
  return window.findIndex((event) => event.id === id);
}

/** Not skipped: what is skipped leaves the window with its region. */
function isRead({ actions }: SessionEvent): boolean {
  return actions.skipSummarization !== true;
}

/** A session with a model, folded once after each batch of turns; returns the prompts. */
async function promptsWith(strategy: Strategy, batches: number) {
  const answers = Array.from({ length: batches + 5 }, (_, at) => `the ${at + 1}. digest`);
  const model = new RecordingModel(...answers);
  const service = await decorated({ mode: "manual", model, strategy, blockLimit: LIMIT, keep: { turns: 0 } });
  const fold = async () => summarized(await service.sessions.summarize(KEY, { force: true })).summary;
  for (let at = 0; at < batches; at++) {
    await appendAll(service.sessions, service.session, turns(2, at * 2));
    await fold();
  }
  return { ...service, model, fold, prompts: model.requests.map((_, at) => model.prompt(at)) };
}

test("the prompts of each strategy hold what it hands over, and nothing else", async () => {
  const rolling = await promptsWith("rolling", 3);
  expect(fenced(rolling.prompts[1] ?? "", "memory_so_far")).toBe("the 1. digest");
  expect(rolling.prompts[1]).not.toContain("question 1\n");
  expect(fenced(rolling.prompts[2] ?? "", "memory_so_far")).toBe("the 2. digest");
  expect(rolling.prompts[2]).not.toContain("the 1. digest");

  const independent = await promptsWith("independent", 3);
  for (const prompt of independent.prompts) expect(prompt).not.toContain("digest");
  expect(independent.prompts[2]).not.toContain("question 3");

  const whole = await promptsWith("whole", 3);
  for (const prompt of whole.prompts) expect(prompt).not.toContain("digest");
  for (let at = 0; at < 6; at++)
    expect(whole.prompts[2]).toContain(`user: question ${at}\nagent: answer ${at}`);

  const blocks = await promptsWith("blocks", 4);
  for (const prompt of blocks.prompts.slice(0, 3)) expect(prompt).not.toContain("digest");
  expect(fenced(blocks.prompts[3] ?? "", "memory_so_far")).toBe(
    "the 1. digest\n\nthe 2. digest\n\nthe 3. digest",
  );
  expect(blocks.prompts[3]).not.toContain("question 5");
  const stand = await effectiveOf(blocks.sessions);
  expect(stand.map(({ text, level }) => [text, level])).toEqual([["the 4. digest", 1]]);
});

test("blocks of many folds stay few: three of a level at most", async () => {
  const { sessions } = await promptsWith("blocks", 40);
  const stand = await effectiveOf(sessions);
  // 4 folds make a block of level 1, three of these and three blocks with one fold more one of level 2: 16 folds.
  expect(stand.map(({ level }) => level)).toEqual([2, 2, 1, 1]);
  expect(stand.length).toBe(4);
  expect((await sessions.unfold(KEY, stand[0]?.id ?? "")).length).toBe(16 * 4);
});

test("whole reads everything again after an undo, and after a prune the summary that is left of it", async () => {
  const stub = stubSummarizer(({ events }) => `digest of ${events.length}`);
  const options = { mode: "manual", summarizer: stub, strategy: "whole", keep: { turns: 0 } } as const;
  const { sessions, session } = await decorated(options, new InMemorySessionService());
  const events = turns(8).map((event, at) => ({ ...event, id: `e${at}` }));
  const ids = events.map(({ id }) => id);
  const fold = async () => summarized(await sessions.summarize(KEY, { force: true })).summary;
  const lastRead = () => stub.requests.at(-1)?.events.map(({ id }) => id);

  await appendAll(sessions, session, events.slice(0, 4));
  const first = await fold();
  await appendAll(sessions, session, events.slice(4, 8));
  const second = await fold();
  expect(lastRead()).toEqual(ids.slice(0, 8));
  expect(second.coverage).toMatchObject({ direct: ids.slice(0, 8), replaces: [] });

  await sessions.mark(KEY, { hide: second.id });
  expect((await effectiveOf(sessions)).map(({ id }) => id)).toEqual([first.id]);
  await appendAll(sessions, session, events.slice(8, 10));
  const third = await fold();
  expect(lastRead()).toEqual(ids.slice(0, 10));
  expect(stub.requests.at(-1)?.previous).toEqual([]);
  expect(third.coverage.replaces).toEqual([]);
  expect((await sessions.unfold(KEY, third.id)).map(({ id }) => id)).toEqual(ids.slice(0, 10));

  expect(await sessions.prune(KEY, { summaryId: first.id })).toEqual(ids.slice(0, 4));
  await appendAll(sessions, session, events.slice(10, 14));
  const fourth = await fold();
  expect(lastRead()).toEqual(ids.slice(10, 14));
  expect(stub.requests.at(-1)?.previous.map(({ text }) => text)).toEqual(["digest of 10"]);
  expect(stub.requests.at(-1)?.history()).toBeNull();
  expect(fourth.coverage.replaces).toEqual([third.id]);
  expect(shown((await sessions.getSession(KEY))?.events ?? [])).toEqual(["S"]);

  await appendAll(sessions, session, events.slice(14));
  const fifth = await fold();
  expect(lastRead()).toEqual(ids.slice(14));
  expect(fifth.coverage.replaces).toEqual([fourth.id]);
  expect((await effectiveOf(sessions)).map(({ id }) => id)).toEqual([fifth.id]);
  expect((await sessions.search(KEY, "question 7")).length).toBe(1);
});
