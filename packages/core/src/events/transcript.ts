import type { BaseMessage } from "@langchain/core/messages";
import { jsonText } from "../shared/json-text.ts";
import { indentFurtherLines, speakerName, toolName } from "../shared/lines.ts";
import { isToolMessage, mediaOf, type ToolCallInfo, textParts, toolCallsOf } from "./message-content.ts";
import type { SessionEvent } from "./session-event.ts";

/** The result of a tool, as a formatter sees it. */
export interface ToolResultInfo {
  readonly id: string;
  /** Name of the tool, on one line, quoted where it could pass for a speaker; "tool" where neither the result nor its call tells. */
  readonly name: string;
  readonly text: string;
  readonly status: "success" | "error";
}

/** Replaces parts of how a transcript is written. A formatter that returns "" leaves the part out. */
export interface TranscriptFormat {
  /** One line for a tool call, put behind "author: "; by default `called search {"q":"tea"}`. The name is as in `ToolResultInfo`. */
  readonly toolCall?: ((call: ToolCallInfo, event: SessionEvent) => string) | undefined;
  /** A tool's result; by default `search returned: ...`. */
  readonly toolResult?: ((result: ToolResultInfo, event: SessionEvent) => string) | undefined;
  /** Who speaks; by default the author, with the branch in brackets. */
  readonly speaker?: ((event: SessionEvent) => string) | undefined;
  /** Notes media; by default `[2 images]`. */
  readonly media?: ((kind: string, count: number, event: SessionEvent) => string) | undefined;
}

interface Piece {
  readonly speaker: string;
  text: string;
  readonly partial: boolean;
}

/**
 * Writes events as text: one group of lines a message, in order. A line that is not indented begins an entry, and no
 * content can make one: further lines of an entry are indented, names stand on one line. Streaming pieces of one speaker are joined, and
 * the finished message takes their place. A tool call and its result appear once each, reasoning not at all.
 */
export function renderTranscript(events: readonly SessionEvent[], format: TranscriptFormat = {}): string {
  return transcriptBlocks(events, format).join("\n");
}

/** The groups of lines that `renderTranscript` joins, one a message. */
export function transcriptBlocks(
  events: readonly SessionEvent[],
  format: TranscriptFormat = {},
): readonly string[] {
  const toolNames = new Map<string, string>();
  const pieces: (Piece | undefined)[] = [];
  const open = new Map<string, Piece[]>();
  let lastPiece: Piece | undefined;
  for (const event of events) {
    const { message } = event;
    if (message === undefined) continue;
    for (const call of toolCallsOf(message)) toolNames.set(call.id, call.name);
    const speaker = (format.speaker ?? speakerOf)(event);
    if (event.partial === true) {
      const text = textParts(message).join("");
      if (lastPiece?.partial === true && lastPiece.speaker === speaker) {
        lastPiece.text += text;
        continue;
      }
      lastPiece = { speaker, text, partial: true };
      pieces.push(lastPiece);
      open.set(speaker, [...(open.get(speaker) ?? []), lastPiece]);
      continue;
    }
    for (const stale of open.get(speaker) ?? []) pieces[pieces.indexOf(stale)] = undefined;
    open.delete(speaker);
    lastPiece = { speaker, text: renderMessage(event, message, format, speaker, toolNames), partial: false };
    pieces.push(lastPiece);
  }
  return pieces
    .flatMap((piece) =>
      piece === undefined ? [] : [piece.partial ? spoken(piece.speaker, piece.text) : piece.text],
    )
    .filter((text) => text !== "");
}

/** The events without streaming pieces whose finished message follows. */
export function withoutSuperseded(events: readonly SessionEvent[]): readonly SessionEvent[] {
  const finished = new Set<string>();
  const kept: SessionEvent[] = [];
  for (const event of [...events].reverse()) {
    const speaker = speakerOf(event);
    if (event.partial === true && finished.has(speaker)) continue;
    if (event.partial !== true) finished.add(speaker);
    kept.push(event);
  }
  return kept.reverse();
}

/** The lines of one finished event as they stand in a transcript; "" when there is nothing to read. */
export function renderEvent(
  event: SessionEvent,
  format: TranscriptFormat = {},
  toolNames?: ReadonlyMap<string, string>,
): string {
  if (event.message === undefined) return "";
  return renderMessage(event, event.message, format, (format.speaker ?? speakerOf)(event), toolNames);
}

function renderMessage(
  event: SessionEvent,
  message: BaseMessage,
  format: TranscriptFormat,
  speaker: string,
  toolNames?: ReadonlyMap<string, string>,
): string {
  const media = [...mediaOf(message)].map(([kind, count]) => (format.media ?? mediaNote)(kind, count, event));
  const text = [textParts(message).join("").trim(), ...media].filter((part) => part !== "").join(" ");
  if (isToolMessage(message)) {
    const id = message.tool_call_id;
    const name = toolName(message.name || toolNames?.get(id) || "") || "tool";
    const status = message.status === "error" ? "error" : "success";
    return indentFurtherLines((format.toolResult ?? resultLine)({ id, name, text, status }, event));
  }
  const calls = toolCallsOf(message).map((call) =>
    (format.toolCall ?? callLine)({ ...call, name: toolName(call.name) }, event),
  );
  return [text, ...calls]
    .filter((line) => line !== "")
    .map((line) => spoken(speaker, line))
    .join("\n");
}

function spoken(speaker: string, text: string): string {
  const trimmed = text.trim();
  return trimmed === "" ? "" : `${speakerName(speaker)}: ${indentFurtherLines(trimmed)}`;
}

function speakerOf(event: SessionEvent): string {
  const author = event.author || "unknown";
  const name = event.message?.name;
  const person = name === undefined || name === author ? author : `${author} (${name})`;
  return event.branch === undefined ? person : `${person} [${event.branch}]`;
}

function callLine(call: ToolCallInfo): string {
  const args = typeof call.args === "string" ? call.args : jsonText(call.args);
  return `called ${call.name || "a tool"} ${args || "{}"}`;
}

function resultLine(result: ToolResultInfo): string {
  const verb = result.status === "error" ? "failed" : "returned";
  return `${result.name} ${verb}: ${result.text || "(nothing)"}`;
}

function mediaNote(kind: string, count: number): string {
  return `[${count} ${kind}${count === 1 || kind === "audio" ? "" : "s"}]`;
}
