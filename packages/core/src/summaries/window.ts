import { AIMessage, SystemMessage } from "@langchain/core/messages";
import {
  hasContent,
  hasToolCalls,
  isAiMessage,
  isHumanMessage,
  isToolMessage,
  type ToolCallInfo,
  textOf,
} from "../events/message-content.ts";
import type { SessionEvent } from "../events/session-event.ts";
import type { ToolRound } from "../events/tool-rounds.ts";
import type { FoldedLog } from "./fold.ts";
import { missingResult, openingLine, resultNote } from "./synthetic-events.ts";

/** How a window is laid out. */
export interface WindowOptions {
  /** The agent that is about to be called; its open tool round comes last. Default: whoever called tools last. */
  readonly agent?: string | undefined;
  /**
   * The window is sent to the agent's model now, so nobody waits for results any more: missing ones of its open round are
   * filled in as those of earlier rounds are. Default: the round stays open.
   */
  readonly isSent?: boolean | undefined;
  /** Puts summaries that lead the conversation into the first system message. */
  readonly mergeSummaries?: boolean | undefined;
}

/**
 * What the model sees: system events that lead the log, then everything visible at its place, each summary where the
 * first event it covers stood. A tool round is one item at its call. The result is a request that providers accept:
 * each call is followed by its results, no result stands without its call, and a user's line comes first.
 */
export function windowOf(log: FoldedLog, options: WindowOptions = {}): readonly SessionEvent[] {
  const system = log.visible.slice(0, log.leadingSystem).filter(isShown);
  const running = runningRound(log, options.agent);
  const body: SessionEvent[] = [];
  let nextSummary = 0;
  const placeSummaries = (before: number): void => {
    for (; (log.effective[nextSummary]?.position ?? Number.POSITIVE_INFINITY) <= before; nextSummary++) {
      const event = log.get(log.effective[nextSummary]?.summary.id ?? "");
      if (event !== undefined) body.push(event);
    }
  };
  for (let at = log.leadingSystem; at < log.visible.length; at++) {
    const event = log.visible[at];
    if (event === undefined) continue;
    placeSummaries(event.seq);
    body.push(...layOut(event, log, running));
  }
  placeSummaries(Number.MAX_VALUE);
  if (running !== undefined) body.push(...roundItems(running, log, options.isSent === true));
  const placed = options.mergeSummaries === true ? mergeLeading(system, body) : [...system, ...body];
  return withOpening(placed);
}

/** Window events that stand for an entry of the log: all but placeholders and the opening line. */
export function isLogged(event: SessionEvent): boolean {
  return event.actions.synthetic !== "missing-result" && event.actions.synthetic !== "opening";
}

function layOut(
  event: SessionEvent,
  log: FoldedLog,
  running: ToolRound | undefined,
): readonly SessionEvent[] {
  const { message } = event;
  if (message === undefined || !hasContent(message)) return [];
  if (isToolMessage(message)) {
    const round = log.rounds.roundOf(event);
    const kind = log.rounds.kindOf(event);
    if (round === undefined || kind === "orphan") return [resultNote(event, message, "orphan-result")];
    if (kind === "late") return [resultNote(event, message, "late-result")];
    // A result stands at its call. Where the call itself is folded away, it is told as a note.
    return log.isHidden(round.call) ? [resultNote(event, message, "orphan-result")] : [];
  }
  if (!hasToolCalls(message)) return [event];
  const round = log.rounds.roundOf(event);
  if (round === undefined) return [event];
  if (round === running) return [];
  if (log.rounds.isPending(round) && !movedOn(round, log)) return [];
  return roundItems(round, log, true);
}

/** A round as one item: the call, then its results in call order. */
function roundItems(round: ToolRound, log: FoldedLog, fillMissing: boolean): readonly SessionEvent[] {
  const items = [withProperCalls(round.call, round.calls)];
  round.calls.forEach((call, at) => {
    const result = round.results[at];
    if (result !== undefined && !log.isHidden(result)) items.push(result);
    else if (fillMissing) items.push(missingResult(round.call, call, at));
  });
  return items;
}

/**
 * The call as a provider takes it. Malformed calls of a model stand apart from the others in a message, and are not sent:
 * their results would answer nobody. In the window they are calls like the others, with their text as argument.
 */
function withProperCalls(call: SessionEvent, calls: readonly ToolCallInfo[]): SessionEvent {
  const message = call.message as AIMessage;
  if ((message.invalid_tool_calls?.length ?? 0) === 0) return call;
  const { tool_calls: _, ...additional_kwargs } = message.additional_kwargs;
  const { content, id, name, response_metadata, usage_metadata } = message;
  const proper = new AIMessage({
    content,
    additional_kwargs,
    response_metadata,
    tool_calls: calls.map(({ id: callId, name: tool, args }) => ({
      id: callId,
      name: tool || "unknown",
      args:
        typeof args === "object" && args !== null
          ? (args as Record<string, unknown>)
          : { malformed: args ?? "" },
    })),
    ...(id !== undefined && { id }),
    ...(name !== undefined && { name }),
    ...(usage_metadata !== undefined && { usage_metadata }),
  });
  return { ...call, message: proper };
}

/** The open round of the agent that is about to be called. */
function runningRound(log: FoldedLog, agent: string | undefined): ToolRound | undefined {
  for (let at = log.visible.length - 1; at >= 0; at--) {
    const event = log.visible[at];
    if (event?.message === undefined || !hasToolCalls(event.message)) continue;
    if (agent !== undefined && event.author !== agent) continue;
    const round = log.rounds.roundOf(event);
    if (round === undefined || round.call !== event) continue;
    if (log.rounds.isPending(round)) return movedOn(round, log) ? undefined : round;
    // Rounds before the latest user event are never pending.
    if (agent !== undefined) return undefined;
  }
  return undefined;
}

/** Whether the agent spoke again without waiting for its results. */
function movedOn(round: ToolRound, log: FoldedLog): boolean {
  for (let at = log.visible.length - 1; at >= 0; at--) {
    const event = log.visible[at];
    if (event === undefined || event === round.call) return false;
    if (event.message !== undefined && isAiMessage(event.message) && event.author === round.call.author)
      return true;
  }
  return false;
}

function isShown(event: SessionEvent): boolean {
  return event.message !== undefined && hasContent(event.message);
}

function withOpening(events: readonly SessionEvent[]): readonly SessionEvent[] {
  const at = events.findIndex((event) => event.message?.type !== "system");
  const first = events[at];
  if (first?.message === undefined || isHumanMessage(first.message)) return events;
  return [...events.slice(0, at), openingLine(first), ...events.slice(at)];
}

function mergeLeading(
  system: readonly SessionEvent[],
  body: readonly SessionEvent[],
): readonly SessionEvent[] {
  const end = body.findIndex((event) => event.actions.summary === undefined);
  const leading = body.slice(0, end < 0 ? body.length : end);
  const [first] = leading;
  if (first === undefined) return [...system, ...body];
  const text = leading
    .map((event) => (event.message === undefined ? "" : textOf(event.message)))
    .join("\n\n");
  const host = system[0];
  const merged: SessionEvent = { ...(host ?? first), message: appendText(host, text) };
  return [merged, ...system.slice(1), ...body.slice(leading.length)];
}

function appendText(host: SessionEvent | undefined, text: string): SystemMessage {
  const content = host?.message?.content;
  if (content === undefined || content === "") return new SystemMessage(text);
  if (typeof content === "string") return new SystemMessage(`${content}\n\n${text}`);
  return new SystemMessage({ content: [...content, { type: "text", text }] });
}
