import { isConversationEvent, type SessionEvent, type Summarizer } from "@sessionfold/core";

const LABEL = "S: ";
/** Of each message so much: a summary that is longer than what it stands for is refused. */
const LETTERS = 6;

/** Writes how each message it read begins, so that folds that read the same write the same. It stands in for a model only. */
export function replaySummarizer(): Summarizer {
  return {
    name: "replay",
    model: null,
    async summarize({ events, previous }) {
      const before = previous.map(({ text }) => text.replace(LABEL, ""));
      return { text: LABEL + [...before, ...events.filter(isConversationEvent).map(said)].join("|") };
    },
  };
}

function said({ author, message }: SessionEvent): string {
  return `${author[0] ?? ""} ${[...(message?.text ?? "")].slice(0, LETTERS).join("")}`;
}
