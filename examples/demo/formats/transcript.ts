import type { BaseMessage } from "@langchain/core/messages";
import type { EventInput } from "@sessionfold/core";

/** An event of a transcript, ready to be appended. */
export type TranscriptEvent = EventInput & { readonly message: BaseMessage };

/** One conversation of a file. */
export interface Transcript {
  readonly id: string;
  readonly events: readonly TranscriptEvent[];
}

/** Where something stands in a JSON value: keys and indexes from the outside in. */
export type JsonPath = readonly (string | number)[];

/** A value that is not what its format says. */
export class ShapeError extends Error {
  readonly path: JsonPath;

  constructor(message: string, path: JsonPath = []) {
    super(message);
    this.path = path;
  }
}
