import assert from "node:assert/strict";
import { createEvent, type EventInput, type SessionEvent } from "@sessionfold/core";
import fc from "fast-check";
import { a, badCall, call, res, s, u } from "../../support/events.ts";
import { textOf } from "../checks/log-view.ts";
import { bytesOf } from "../support/scripted-summarizer.ts";
import { nameOf } from "../support/storage.ts";
import { KEYS, type World } from "../support/world.ts";
import { command, type FuzzCommand } from "./command.ts";

interface Said {
  readonly who: number;
  readonly key: number;
  readonly what:
    | "user"
    | "answer"
    | "other"
    | "system"
    | "call"
    | "calls"
    | "bad"
    | "result"
    | "empty"
    | "note";
  readonly pick: number;
  readonly flag: number;
  readonly time: number;
  /** 0: an id that was given away already; 1: a partial event. */
  readonly oddity: number;
}

/** Label of an append whose id was given away before. */
export const AGAIN = "append again";

/** Label of a prune. */
export const PRUNE = "prune";

/** How far an event's time is from now, in milliseconds. */
const TIMES = [0, 0, 1000, -5000, 60_000, -60_000];

/** Appends of every kind of event: parallel calls, late, missing and repeated results, partial events, repeated ids. */
export function appends(): fc.Arbitrary<FuzzCommand> {
  return fc
    .record<Said>({
      who: fc.nat({ max: 1 }),
      key: fc.constantFrom(0, 0, 0, 0, 1),
      what: fc.constantFrom(
        "user",
        "user",
        "user",
        "answer",
        "answer",
        "answer",
        "other",
        "system",
        "call",
        "calls",
        "bad",
        "result",
        "result",
        "result",
        "result",
        "empty",
        "note",
      ),
      pick: fc.nat({ max: 11 }),
      flag: fc.nat({ max: 24 }),
      time: fc.nat({ max: 5 }),
      oddity: fc.nat({ max: 24 }),
    })
    .map((said) => command(`append ${JSON.stringify(said)}`, (world) => append(world, said)));
}

/** The store is asked for one turn: what the user says and what the agent answers, at once. */
export function turns(): fc.Arbitrary<FuzzCommand> {
  return fc.record({ who: fc.nat({ max: 1 }), key: fc.constantFrom(0, 0, 0, 1) }).map((at) =>
    command(`turn ${JSON.stringify(at)}`, (world) => {
      const plain = { ...at, pick: 0, flag: 24, time: 0, oddity: 24 };
      return Promise.all([
        append(world, { ...plain, what: "user" }),
        append(world, { ...plain, what: "answer" }),
      ]);
    }),
  );
}

function append(world: World, said: Said): Promise<void> {
  const key = KEYS[said.key] ?? { appName: "", userId: "", sessionId: "" };
  const name = nameOf(key);
  const { incarnation, pruned } = world.storage.latest(name);
  const book = `${name} ${incarnation}`;
  const number = world.numbers.get(book) ?? 0;
  // An id that was pruned is free again, for now: nothing in the log says what it stood for.
  // A process that goes on from a kept fold would not know it: it would have to keep all ids.
  const mayBePruned = world.shared !== undefined && [...world.calls].some(({ label }) => label === PRUNE);
  const isRepeated = said.oddity === 0 && number > 0 && !mayBePruned && !pruned.has(`e${said.pick % number}`);
  const at = isRepeated ? said.pick % number : number;
  if (!isRepeated) world.numbers.set(book, number + 1);
  const event = eventOf(
    said,
    `K${said.key}.${incarnation} e${at} n${world.attempts.length}`,
    `e${at}`,
    world,
  );
  const { service, name: decorator } = world.decorator(said.who);
  const isPartial = said.oddity === 1;
  if (isPartial) {
    const id = `piece${world.attempts.length}`;
    world.partial.add(id);
    return world.begin(
      "append of a piece",
      key,
      { isPrompt: true },
      () => service.appendEvent({ session: key, event: { ...event, id, partial: true } }),
      () => {},
    );
  }
  const order = world.attempts.length;
  world.attempts.push({
    key: name,
    id: `e${at}`,
    decorator,
    order,
    bytes: bytesOf(createEvent(event, 0, world.time.now)),
  });
  const held = { ...key, events: [] as SessionEvent[] };
  return world.begin(
    isRepeated ? AGAIN : "append",
    key,
    { isPrompt: world.config.mode !== "inline" },
    () => service.appendEvent({ session: held, event }),
    (stored, span) => {
      const text = textOf([stored]);
      const version = span.versions.find(({ events }) => events?.some((each) => textOf([each]) === text));
      assert.ok(
        version !== undefined,
        `an append was acknowledged that is not in the log: ${text} / ${textOf(span.versions.at(-1)?.events ?? [])}`,
      );
      assert.deepEqual(
        held.events.map(({ id }) => id),
        [event.id],
        "the caller's copy has not got the event once",
      );
      world.acknowledged.push({ key: name, incarnation: version.incarnation, id: stored.id });
    },
  );
}

function eventOf({ what, pick, flag, time }: Said, text: string, id: string, world: World): EventInput {
  const actions = {
    ...(flag === 0 && { pinned: true }),
    ...((flag === 1 || flag === 2) && { skipSummarization: true }),
    ...(flag === 3 && { stateDelta: { seen: text } }),
  };
  // Times stand still, run backward, or are not given.
  const timestamp = world.time.now() + (TIMES[time] ?? 0);
  const extra = { id, actions, timestamp };
  const callId = `c${pick % 4}`;
  switch (what) {
    case "user":
      return u(text, extra);
    case "answer":
      return a(text, extra);
    case "other":
      return { ...a(text, extra), author: "other" };
    case "system":
      return s(text, extra);
    case "call":
      return said(call(callId, extra), text, pick);
    case "calls":
      return said(call([callId, `c${(pick + 1) % 4}`], extra), text, pick);
    case "bad":
      return silent(badCall(callId, `c${(pick + 1) % 4}`, extra), text);
    case "result":
      return res(callId, text, extra);
    case "empty":
      return silent(a("", extra), text);
    case "note":
      return { author: "system", ...extra, actions: { ...actions, stateDelta: { note: text } } };
  }
}

/** A call that says which session it was made in. */
function said(event: EventInput, text: string, pick: number): EventInput {
  const message = event.message as { content: string };
  message.content = text;
  return pick % 3 === 0 ? { ...event, author: "other" } : event;
}

/** A message without a text, that says beside it which session it was made in. */
function silent(event: EventInput, text: string): EventInput {
  const message = event.message as { additional_kwargs: Record<string, unknown> };
  // The session alone: a search must not find it by its number.
  message.additional_kwargs = { of: text.split(" ")[0] };
  return event;
}
