import type { SaidAnswer } from "./answers.ts";
import type { Delivery, Fault } from "./delivery.ts";
import { fault } from "./http-faults.ts";

const ANSWER = "The ferry leaves from pier 3, every hour until ten at night.";

/** How slowly an answer drips. */
export interface Drip {
  /** Milliseconds after each write. Default 10. */
  readonly gapMs?: number;
  /** Bytes of a write. Default 1. */
  readonly bytes?: number;
}

/** Takes the request and never answers. The connection stays open until the client closes it. */
export function hang(): Fault {
  return fault("hang before the head", () => ({ ...nothing(), end: "hang" }));
}

/** Sends the head and the first half of an answer, then nothing. The connection stays open. */
export function hangAmid(answer: SaidAnswer = ANSWER): Fault {
  return fault("hang amid the body", ({ sound }) => ({ ...firstHalf(sound(answer)), end: "hang" }));
}

/** Closes the connection without an answer. */
export function cut(): Fault {
  return fault("cut before the head", () => ({ ...nothing(), end: "cut" }));
}

/** Sends the head and the first half of an answer, then closes the connection. */
export function cutAmid(answer: SaidAnswer = ANSWER): Fault {
  return fault("cut amid the body", ({ sound }) => ({ ...firstHalf(sound(answer)), end: "cut" }));
}

/** A sound answer, some bytes at a time. */
export function drip(answer: SaidAnswer = ANSWER, { gapMs = 10, bytes = 1 }: Drip = {}): Fault {
  return fault("slow drip", ({ sound }) => ({ ...sound(answer), pace: { bytes, gapMs } }));
}

/** A sound answer, so many milliseconds after it was asked for. */
export function late(delayMs: number, answer: SaidAnswer = ANSWER): Fault {
  return fault("late", ({ sound }) => ({ ...sound(answer), delayMs }));
}

/** The first half of what would be sent: of a stream whole events and a torn one, of a plain answer half its JSON. */
export function firstHalf(delivery: Delivery): Delivery {
  const whole = delivery.body.join("");
  return { ...delivery, body: [whole.slice(0, Math.floor(whole.length / 2))] };
}

function nothing(): Delivery {
  return { status: 200, headers: {}, body: [], head: false };
}
