import type { ServerResponse } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import type { Completion, SaidAnswer } from "./answers.ts";
import type { CompletionRequest } from "./request.ts";
import { completionChunks, completionJson, DONE, sseEvent } from "./wire-format.ts";

/** What goes over the wire for an answer, and how. */
export interface Delivery {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The body in the pieces in which it is written: events of a stream, else one. */
  readonly body: readonly string[];
  /** Writes so many bytes at a time, with a pause after each, in milliseconds. Default: piece by piece, no pause. */
  readonly pace?: { readonly bytes: number; readonly gapMs: number };
  /** A pause before anything is sent, in milliseconds. Default 0. */
  readonly delayMs?: number;
  /** How it ends: complete (default), silence while the connection stays open, or the connection is cut. */
  readonly end?: "complete" | "hang" | "cut";
  /** False: ends before status and headers are sent. Default true. */
  readonly head?: boolean;
}

/** What a fault knows of the call that it answers. */
export interface FaultContext {
  readonly request: CompletionRequest;
  /** Whether the answer is to be streamed. */
  readonly stream: boolean;
  /** Completes what a model says. */
  complete(answer: SaidAnswer): Completion;
  /** What would go over the wire for it if nothing were wrong. */
  sound(answer: SaidAnswer): Delivery;
}

/** An answer that goes wrong. Made by the functions of `faults.ts` and `wire-faults.ts`. */
export interface Fault {
  /** Its name, for titles of tests. */
  readonly fault: string;
  /** What goes over the wire instead of a sound answer. */
  deliver(context: FaultContext): Delivery;
}

/** Headers of a plain answer and of a streamed one. */
export const JSON_HEADERS = { "content-type": "application/json" } as const;
export const SSE_HEADERS = { "content-type": "text/event-stream; charset=utf-8" } as const;

/** A sound answer. */
export function soundDelivery(said: Completion, request: CompletionRequest): Delivery {
  if (request.stream !== true)
    return { status: 200, headers: JSON_HEADERS, body: [JSON.stringify(completionJson(said))] };
  const chunks = completionChunks(said, request.stream_options?.include_usage === true);
  return { status: 200, headers: SSE_HEADERS, body: [...chunks.map(sseEvent), DONE] };
}

/** Sends it. Returns when all is sent, or, for a hang, when the signal tells that the connection is gone. */
export async function deliver(
  delivery: Delivery,
  response: ServerResponse,
  gone: AbortSignal,
): Promise<void> {
  const { status, headers, body, pace, delayMs = 0, end = "complete", head = true } = delivery;
  if (delayMs > 0) await pause(delayMs, gone);
  if (gone.aborted) return;
  if (head) {
    response.writeHead(status, headers);
    response.flushHeaders();
    for (const piece of pace === undefined ? body : slices(body, pace.bytes)) {
      await write(response, piece, gone);
      if (pace !== undefined) await pause(pace.gapMs, gone);
      if (gone.aborted) return;
    }
  }
  if (end === "complete") response.end();
  else if (end === "cut") response.destroy();
}

function* slices(body: readonly string[], bytes: number): Iterable<Buffer> {
  const whole = Buffer.from(body.join(""));
  for (let from = 0; from < whole.length; from += bytes) yield whole.subarray(from, from + bytes);
}

/** Waits until the piece is handed to the system: what was written is on its way before a connection is cut. */
function write(response: ServerResponse, piece: string | Buffer, gone: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (gone.aborted) return resolve();
    const done = () => {
      gone.removeEventListener("abort", done);
      resolve();
    };
    gone.addEventListener("abort", done);
    response.write(piece, done);
  });
}

/** Waits, at most until the connection is gone. */
async function pause(milliseconds: number, gone: AbortSignal): Promise<void> {
  try {
    await wait(milliseconds, undefined, { signal: gone });
  } catch (error) {
    if (!gone.aborted) throw error;
  }
}
