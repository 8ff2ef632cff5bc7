import { isHumanMessage, textOf, toolCallsOf } from "../events/message-content.ts";
import { isUserEvent, type SessionEvent } from "../events/session-event.ts";
import { extract } from "./extract/extract.ts";
import type { ExtractItem, ExtractRole } from "./extract/types.ts";
import type { Summarizer, SummarizerRequest } from "./summarizer.ts";
import { truncateText } from "./truncate.ts";

/** Part of the source that a summary takes up where no length is given. */
const DEFAULT_SHARE = 0.1;

/**
 * Writes summaries without a model: deterministic, offline, no key. It picks sentences, calls and names of the session
 * itself and puts them in order; chats, meetings and tool work are told apart by what they are made of. It reads the
 * raw events again as long as the log has them, so folding time and again erodes nothing.
 */
export function extractive(): Summarizer {
  return {
    name: "extractive",
    model: null,
    readsEvents: true,
    summarize: async (request) => ({ text: summaryOf(request), model: null }),
  };
}

function summaryOf(request: SummarizerRequest): string {
  const previous = request.previous.map((summary) => summary.text).join("\n");
  const history = request.history();
  const longest = longestOf(request, previous);
  if (history !== null) {
    const text = fitted([...history, ...request.events], request, longest);
    // A few words like "OK." hold nothing to pick from: then they are told as they are.
    return text === "" ? beginningOf(previous || request.transcript, roomFor(request, longest)) : text;
  }
  // Where events behind the earlier summary were pruned, it is all that is left of them, and takes half the room.
  const kept = truncateText(previous, Math.floor(longest / 2));
  const news = fitted(request.events, request, longest - kept.length - 1);
  return news === "" ? kept : `${kept}\n${news}`;
}

/** Characters of text that is taken as it is: three a token is few enough for any language's letters. */
function roomFor({ targetTokens }: SummarizerRequest, longest: number): number {
  return targetTokens === undefined ? longest : Math.min(longest, targetTokens * 3);
}

function beginningOf(text: string, longest: number): string {
  return text.length <= longest + 1 ? text : truncateText(text, Math.max(1, longest));
}

/** Characters that the summary may have: never as many as what it stands for. */
function longestOf({ maxLength, targetTokens, transcript }: SummarizerRequest, previous: string): number {
  const source = Math.max(1, transcript.length + previous.length - 1);
  if (maxLength !== null) return Math.min(source, maxLength);
  return targetTokens === undefined ? Math.ceil(source * DEFAULT_SHARE) : source;
}

function fitted(events: readonly SessionEvent[], request: SummarizerRequest, longest: number): string {
  const items = events.map(itemOf);
  const { targetTokens, counter } = request;
  if (targetTokens !== undefined) {
    const text = extract(items, {
      maxTokens: targetTokens,
      countTokens: (written) => counter.count(written),
    });
    if (text.length <= longest) return text;
  }
  return extract(items, { maxTokens: longest, countTokens: (written) => written.length });
}

function itemOf(event: SessionEvent): ExtractItem {
  const { message } = event;
  if (message === undefined) return { role: "system", author: event.author, text: "" };
  const role = roleOf(event);
  // A name with line ends in it could pass for lines of other speakers.
  const name = (message.name || event.author).replace(/\s+/g, " ").trim();
  return {
    role,
    author: role === "tool" ? event.author : name,
    text: textOf(message),
    toolCalls: toolCallsOf(message),
    ...(role === "tool" && { toolName: name }),
    timestamp: event.timestamp,
  };
}

function roleOf(event: SessionEvent): ExtractRole {
  if (event.message?.type === "tool") return "tool";
  if (event.message?.type === "ai") return "assistant";
  if (isUserEvent(event) || (event.message !== undefined && isHumanMessage(event.message))) return "user";
  return "system";
}
