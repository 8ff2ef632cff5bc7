import assert from "node:assert/strict";
import { isConversationEvent } from "@sessionfold/core";
import fc from "fast-check";
import { lacksCovered, textOf, viewOf } from "../checks/log-view.ts";
import type { Version } from "../support/storage.ts";
import { isCode, KEYS } from "../support/world.ts";
import { command, type FuzzCommand } from "./command.ts";

const KEY = KEYS[0] ?? { appName: "", userId: "", sessionId: "" };

/** Reads of windows, logs, summaries and searches: each tells what the log was at some moment of the call. */
export function reads(): fc.Arbitrary<FuzzCommand> {
  const at = { who: fc.nat({ max: 1 }), key: fc.constantFrom(0, 0, 0, 1) };
  return fc.oneof(
    { weight: 3, arbitrary: windows(at) },
    { weight: 1, arbitrary: searches(at) },
    { weight: 1, arbitrary: summaries(at) },
  );
}

type At = { readonly who: fc.Arbitrary<number>; readonly key: fc.Arbitrary<number> };

function windows(at: At): fc.Arbitrary<FuzzCommand> {
  return fc
    .record({
      ...at,
      full: fc.boolean(),
      agent: fc.constantFrom(undefined, undefined, "agent", "other"),
      afterSeq: fc.constantFrom(undefined, undefined, 0, 2, 5),
      wait: fc.boolean(),
    })
    .map((asked) =>
      command(`read ${JSON.stringify(asked)}`, (world) => {
        const { full, agent, afterSeq, wait } = asked;
        const key = KEYS[asked.key] ?? KEY;
        return world.begin(
          "read",
          key,
          { isPrompt: full || !wait },
          () =>
            world
              .decorator(asked.who)
              .service.getSession({ ...key, view: full ? "full" : "window", agent, afterSeq, wait }),
          (session, { versions }) => {
            if (session === null) {
              assert.ok(
                versions.some(({ events }) => events === null),
                "a session that is there was not found",
              );
              return;
            }
            const told = textOf(session.events);
            const isOne = versions.some((version) => {
              if (version.events === null) return false;
              const view = viewOf(version);
              const shown = full ? view.events : view.window(agent, world.config.merged);
              if (afterSeq === undefined) return textOf(shown) === told;
              // Whoever asks for the news alone may be told of entries that another process has pruned meanwhile.
              const { pruned } = version;
              const left = full ? session.events.filter(({ id }) => !pruned.has(id)) : session.events;
              return textOf(left) === textOf(shown.filter(({ seq }) => seq > afterSeq));
            });
            assert.ok(isOne, `a read (${full ? "full" : "window"}) tells what the log never was`);
          },
        );
      }),
    );
}

function searches(at: At): fc.Arbitrary<FuzzCommand> {
  return fc.record({ ...at, id: fc.nat({ max: 12 }) }).map((asked) =>
    command(`search ${JSON.stringify(asked)}`, (world) => {
      const key = KEYS[asked.key] ?? KEY;
      return world.begin(
        "search",
        key,
        { isPrompt: true },
        () => world.decorator(asked.who).service.search(key, { text: `e${asked.id} n`, limit: 100 }),
        (results, { versions }) => {
          const told = results.map(({ event, summaryId }) => `${event.id} ${summaryId}`).reverse();
          const isOne = versions.some((version) => {
            const { said, naive } = viewOf(version);
            const found = said.filter(
              ({ message }) => message !== undefined && finds(JSON.stringify(message.toDict()), asked.id),
            );
            const expected = found.map(({ id }) => {
              const hidden = naive.visible.includes(id)
                ? undefined
                : naive.effective.find((summary) => naive.covers(summary).has(id));
              return `${id} ${hidden}`;
            });
            return JSON.stringify(expected) === JSON.stringify(told);
          });
          assert.ok(isOne, "a search finds what the log never held");
        },
      );
    }),
  );
}

function finds(text: string, id: number): boolean {
  return text.includes(`e${id}`) && text.includes("n");
}

function summaries(at: At): fc.Arbitrary<FuzzCommand> {
  return fc
    .record({ ...at, scope: fc.constantFrom(undefined, "agent", "other"), pick: fc.nat({ max: 5 }) })
    .map((asked) =>
      command(`summaries ${JSON.stringify(asked)}`, (world) => {
        const key = KEYS[asked.key] ?? KEY;
        const { service } = world.decorator(asked.who);
        let picked: string | undefined;
        return Promise.all([
          world.begin(
            "getSummary",
            key,
            { isPrompt: true },
            () => service.getSummary(key, { scope: asked.scope }),
            (summary, { versions }) => {
              const isOne = versions.some((version) => {
                const { naive, events } = viewOf(version);
                const last = naive.effective
                  .filter(
                    (id) => scopeOf(events.find((event) => event.id === id)?.actions.summary) === asked.scope,
                  )
                  .at(-1);
                return last === summary?.id;
              });
              assert.ok(isOne, "getSummary tells of another summary than the latest effective one");
            },
          ),
          world.begin(
            "unfold",
            key,
            {
              isPrompt: true,
              tolerates: (error, { versions }) =>
                (isCode(error, "events-pruned") &&
                  versions.some((version) =>
                    lacksCovered(viewOf(version), picked === undefined ? [] : [picked]),
                  )) ||
                // Between the list and the unfolding the session may be deleted, and made anew.
                (isCode(error, "summary-not-found") && isGone(versions, picked)),
            },
            async () => {
              const listed = await service.listSummaries(key);
              const summary = listed[asked.pick % Math.max(1, listed.length)];
              picked = summary?.id;
              return summary === undefined
                ? undefined
                : { id: summary.id, events: await service.unfold(key, summary.id) };
            },
            (unfolded, { versions }) => {
              if (unfolded === undefined) return;
              const isOne = versions.some((version) => {
                const { naive, said } = viewOf(version);
                const covered = naive.covers(unfolded.id);
                return textOf(said.filter(({ id }) => covered.has(id))) === textOf(unfolded.events);
              });
              assert.ok(isOne, "unfold gives other events than are covered");
              assert.ok(unfolded.events.every(isConversationEvent));
            },
          ),
        ]);
      }),
    );
}

/** Whether an entry was there, and then no more. */
function isGone(versions: readonly Version[], id: string | undefined): boolean {
  const has = ({ events }: Version): boolean => events?.some((event) => event.id === id) === true;
  const from = versions.findIndex(has);
  return from >= 0 && versions.slice(from).some((version) => !has(version));
}

function scopeOf(record: unknown): string | undefined {
  return (record as { scope?: string } | undefined)?.scope;
}
