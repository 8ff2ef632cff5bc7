import type { SessionEvent } from "@sessionfold/core";
import { hasContent, isHumanMessage, isToolMessage, toolCallsOf } from "@sessionfold/core/engine";

/**
 * Watches whether a growing list of messages is a sound request as it stands: then the window of an unfolded log is the
 * list itself, and nothing has to be laid out. It only ever errs on the side of no.
 */
export class PlainList {
  #isSound = true;
  #hasBegun = false;
  /** Ids of the calls whose results must come next, in this order. */
  #awaited: string[] = [];

  /** Takes the next event. */
  add({ message }: SessionEvent): void {
    if (!this.#isSound) return;
    if (message === undefined || !hasContent(message)) {
      this.#isSound = false;
      return;
    }
    if (isToolMessage(message)) {
      this.#isSound = this.#awaited.shift() === message.tool_call_id;
      return;
    }
    const opensWell = this.#hasBegun || message.type === "system" || isHumanMessage(message);
    this.#isSound = opensWell && this.#awaited.length === 0;
    if (message.type !== "system") this.#hasBegun = true;
    const calls = toolCallsOf(message);
    if (calls.length === 0) return;
    const ids = calls.map((call) => call.id);
    const malformed = (message as { invalid_tool_calls?: readonly unknown[] }).invalid_tool_calls ?? [];
    if (malformed.length > 0 || new Set(ids).size < ids.length) this.#isSound = false;
    this.#awaited = ids;
  }

  /** Whether the list so far is its own window. */
  get isPlain(): boolean {
    return this.#isSound && this.#awaited.length === 0;
  }
}
