import type { SessionEvent } from "../events/session-event.ts";
import type { FoldedLog } from "../summaries/fold.ts";
import { isLogged, windowOf } from "../summaries/window.ts";
import type { WindowSize } from "./outcome.ts";

/** How much the window of a log holds, and how much it would hold without the given events and with one more. */
export function windowSizes(
  log: FoldedLog,
  gone: ReadonlySet<string>,
  tokensOf: (event: SessionEvent) => number,
): { readonly before: WindowSize; readonly remaining: WindowSize } {
  const before = { events: 0, tokens: 0 };
  const remaining = { events: 0, tokens: 0 };
  for (const shown of windowOf(log)) {
    if (!isLogged(shown)) continue;
    const tokens = tokensOf(log.get(shown.id) ?? shown);
    before.events++;
    before.tokens += tokens;
    if (gone.has(shown.id)) continue;
    remaining.events++;
    remaining.tokens += tokens;
  }
  return { before: round(before), remaining: round(remaining) };
}

function round(size: WindowSize): WindowSize {
  return { events: size.events, tokens: Math.round(size.tokens) };
}
