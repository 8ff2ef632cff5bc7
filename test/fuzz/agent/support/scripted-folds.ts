import assert from "node:assert/strict";
import type { Summarizer, SummarizerRequest } from "@sessionfold/core";
import { checkRead } from "../checks/check-fold.ts";
import { checkPaidOnce } from "../checks/check-paid-once.ts";
import { stillCounts } from "../checks/naive-log.ts";
import { callAtHand, type FilterCall, type Made } from "./books.ts";
import type { FilterWorld } from "./filters.ts";
import { feedAtHand } from "./rig.ts";
import { contentOf, contentsOf, marked } from "./say.ts";

/** Milliseconds that a summary may take. */
export const TIMEOUT = 1000;

/** Whose summarizer it is. */
export interface Writer {
  readonly agent: string;
  readonly scope: string | undefined;
  readonly process: number;
}

/** Summarizer of a filter: it does what the run says, and what it is asked is kept. */
export function scripted(world: FilterWorld, writer: Writer): Summarizer {
  return {
    name: "scripted",
    model: "scripted",
    summarize: async (request) => ({ text: await write(world, writer, request) }),
  };
}

async function write(world: FilterWorld, writer: Writer, request: SummarizerRequest): Promise<string> {
  const { books } = world;
  const isInBackground = world.config.mode === "background" && callAtHand.getStore() === undefined;
  // A process that is gone does nothing any more.
  if (writer.process !== world.process) {
    if (world.closed.has(writer.process))
      books.check("closed", () => assert.fail("a filter that was closed folds"));
    return new Promise(() => {});
  }
  const atHand = callAtHand.getStore();
  const calls = isInBackground ? callsOfJob(world, writer, request) : atHand === undefined ? [] : [atHand];
  const [call] = calls;
  if (call === undefined) {
    books.check("folds begun", () => assert.fail("a summarizer was given what is in no thread"));
    throw new Error("A summary outside of a call");
  }
  const order = books.made.size;
  const marker = marked(`S${order}`, 0);
  const made: Made = {
    id: request.id,
    order,
    marker,
    call,
    lists: calls,
    beginnings: new Set(calls.map(({ input }) => input[0]?.id ?? "")),
    read: request.events.map(({ id }) => id),
    previous: request.previous.map(({ id }) => id),
    contents: contentsOf(call),
    changes: books.changes,
    summary: undefined,
  };
  books.made.set(request.id, made);
  books.check("requests", () => checkRead(books, call, request));
  if (world.config.maxCachedThreads > 1 && world.config.strategy !== "whole")
    books.check("paid once", () => checkPaidOnce(books, made));
  // A fold in the background that has read nothing but what several lists hold may be of any of them.
  const isTold = made.read.some((id) => id !== "hello") && made.beginnings.size === 1;
  const of = isTold || !isInBackground ? [call.thread, call.input[0]?.id] : [request.id];
  const name = JSON.stringify([writer, ...of]);
  books.check("one at once", () => assert.ok(!world.running.has(name), "two summaries of a thread at once"));
  world.running.add(name);
  const end = (): void => {
    world.running.delete(name);
  };
  request.signal.addEventListener("abort", end, { once: true });
  try {
    return await (isInBackground ? inBackground(world, marker, request) : inCall(world, marker, request));
  } finally {
    if (!request.signal.aborted) end();
  }
}

/**
 * Calls whose fold this may be, the latest first: all that it reads is there as it is read. It may be of a list that has
 * changed since, but of none that its filter has yet to see.
 */
function callsOfJob(
  world: FilterWorld,
  writer: Writer,
  { events, previous }: SummarizerRequest,
): readonly FilterCall[] {
  const { books } = world;
  const mayBe = (each: FilterCall): boolean => {
    const contents = contentsOf(each);
    return events.every(
      ({ id, message }) => message !== undefined && contents.get(id) === contentOf(message),
    );
  };
  const calls = books.calls
    .filter((each) => each.agent === writer.agent && each.process === writer.process && mayBe(each))
    .reverse();
  const { made } = books;
  const stands = ({ id }: { readonly id: string }, { input }: FilterCall): boolean => {
    const other = made.get(id);
    return other !== undefined && stillCounts(other, input);
  };
  const sound = calls.filter((call) => previous.every((each) => stands(each, call)));
  return sound.length > 0 ? sound : calls;
}

async function inCall(
  world: FilterWorld,
  marker: string,
  { transcript }: SummarizerRequest,
): Promise<string> {
  const controller = feedAtHand.getStore()?.controller;
  if (controller === undefined) throw new Error("A summary outside of a run");
  switch (world.nextBehaviour()) {
    case "good":
      return marker;
    case "throws":
      throw new Error("the summarizer is down");
    case "empty":
      return " ";
    case "long":
      return `${marker} ${transcript} and more than that`;
    case "slow":
      for (let ticks = 0; ticks < 5; ticks++) await new Promise((resolve) => setImmediate(resolve));
      return marker;
    case "aborts":
      controller.abort();
      await new Promise((resolve) => setImmediate(resolve));
      return marker;
    case "hangs":
      if (world.time === undefined) controller.abort();
      else setImmediate(() => world.time?.advance(TIMEOUT));
      return new Promise<string>(() => {});
  }
}

async function inBackground(
  world: FilterWorld,
  marker: string,
  { transcript }: SummarizerRequest,
): Promise<string> {
  const behaviour = world.nextBehaviour();
  await world.held.hold();
  switch (behaviour) {
    case "throws":
      throw new Error("the summarizer is down");
    case "empty":
      return " ";
    case "long":
      return `${marker} ${transcript} and more than that`;
    case "hangs":
      // Where real timers run, that would take real time.
      if (world.time === undefined) throw new Error("the summarizer is down");
      return new Promise<string>(() => {});
    default:
      return marker;
  }
}
