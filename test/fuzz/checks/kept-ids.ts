import type { KeepPolicy, SessionEvent } from "@sessionfold/core";
import type { LogView } from "./log-view.ts";

/** Ids of what a keep policy asks for within its cap, naively: the last events, turns or tokens of what is visible. */
export function keptIds({ folded, events, naive }: LogView, keep: KeepPolicy): ReadonlySet<string> {
  if (typeof keep === "function") return new Set();
  const visible = events.filter(({ id }) => naive.visible.includes(id));
  const isCounted = (event: SessionEvent): boolean => !folded.isSkipped(event);
  let start = visible.length;
  if ("turns" in keep) {
    for (let left = keep.turns; left > 0; left--) {
      const user = visible
        .slice(0, start)
        .findLastIndex(({ author, message }) => author === "user" && message?.type === "human");
      start = Math.max(0, user);
    }
  } else if ("events" in keep) {
    for (let left = keep.events; left > 0 && start > 0; start--) {
      const event = visible[start - 1];
      if (event !== undefined && isCounted(event)) left--;
    }
  } else start = fitting(visible, keep.tokens);
  if (keep.maxTokens !== undefined) start = Math.max(start, fitting(visible, keep.maxTokens));
  return new Set(visible.slice(start).map(({ id }) => id));
}

/** Index from which on the events have at most so many tokens. */
function fitting(events: readonly SessionEvent[], tokens: number): number {
  let left = tokens;
  let start = events.length;
  for (; start > 0; start--) {
    left -= tokensOf(events[start - 1]);
    if (left < 0) break;
  }
  return start;
}

/** One token a character, as the runs count. */
function tokensOf(event: SessionEvent | undefined): number {
  type Call = { readonly name?: string; readonly args?: unknown };
  const message = event?.message as
    | { text: string; tool_calls?: readonly Call[]; invalid_tool_calls?: readonly Call[] }
    | undefined;
  if (message === undefined) return 0;
  const calls = [...(message.tool_calls ?? []), ...(message.invalid_tool_calls ?? [])];
  const texts = calls.map(
    ({ name, args }) => `${name} ${typeof args === "string" ? args : JSON.stringify(args)}`,
  );
  return [...(message.text === "" ? [] : [message.text]), ...texts].join("\n").length;
}
