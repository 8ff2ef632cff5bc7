import type { AIMessage, BaseMessage } from "@langchain/core/messages";
import { isSummaryEvent, renderTranscript, type SessionEvent } from "@sessionfold/core";
import { count, plural, short } from "./numbers.ts";
import type { Replayed } from "./replay.ts";
import { table } from "./table.ts";

const TEXT_LENGTH = 100;
const CALL_LENGTH = 60;
const AUTHOR_LENGTH = 20;
const ROLES: Readonly<Record<string, string>> = { human: "user", ai: "assistant", generic: "user" };
const NOTES: Readonly<Record<string, string>> = {
  "missing-result": "(placeholder) ",
  "late-result": "(late result) ",
  "orphan-result": "(result without its call) ",
  opening: "(placeholder) ",
};

/** The window that a model would get, a line a message. */
export function windowText(replayed: Replayed): string {
  const { window, windowTokens, folds } = replayed;
  const head = `The window now, as a model would get it: ${plural(window.length, "message")}, ${count(windowTokens)} tokens`;
  if (window.length === 0) return head;
  const rows = window.map((event) => [
    roleOf(event.message),
    isSummaryEvent(event) ? "(summary)" : short(authorOf(event), AUTHOR_LENGTH),
    isSummaryEvent(event) ? summaryLine(event, replayed) : contentLine(event),
  ]);
  return `${head}\n${table(["role", "author", folds.length > 0 ? "text, tool calls" : "text"], rows, { left: [0, 1, 2] })}`;
}

function roleOf(message: BaseMessage | undefined): string {
  return ROLES[message?.type ?? ""] ?? message?.type ?? "";
}

/** Who speaks, by name where there is one: the tool for a result, the person for one of several users. */
function authorOf({ author, message }: SessionEvent): string {
  return message?.name || author;
}

function summaryLine(event: SessionEvent, { folds }: Replayed): string {
  const at = folds.findIndex(({ outcome }) => outcome.summary.id === event.id);
  const fold = folds[at];
  if (fold === undefined) return short(event.message?.text ?? "", TEXT_LENGTH);
  const text = short(fold.outcome.summary.text, TEXT_LENGTH);
  return `[summary ${at + 1}, for ${plural(fold.standsFor, "event")}] ${text}`;
}

function contentLine(event: SessionEvent): string {
  const { message } = event;
  if (message === undefined) return "";
  const calls = ((message as AIMessage).tool_calls ?? []).map(
    ({ name, args }) => `-> ${name} ${short(JSON.stringify(args), CALL_LENGTH)}`,
  );
  // Media and other blocks as the transcript notes them, without the speaker, who has a column of his own.
  const text =
    typeof message.content === "string"
      ? message.content
      : renderTranscript([event], { speaker: () => "", toolCall: () => "" });
  const note = NOTES[event.actions.synthetic ?? ""] ?? "";
  return [note + short(text, TEXT_LENGTH), ...calls].filter((part) => part !== "").join(" ");
}
