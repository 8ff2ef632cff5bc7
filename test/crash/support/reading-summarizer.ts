import { createHash } from "node:crypto";
import type { Summarizer } from "@sessionfold/core";

/** What a summary says that was written of these events: enough to see whether any of it is missing. */
export function textOfIds(ids: readonly string[]): string {
  return `${ids.length} events, ${createHash("sha256").update(ids.join("\n")).digest("hex").slice(0, 16)}`;
}

/** A summarizer that takes as long as it is told to. It stands in for the model only. */
export function readingSummarizer(work: () => Promise<void>): Summarizer {
  return {
    name: "reading",
    model: "stub-model",
    async summarize({ events }) {
      await work();
      return { text: textOfIds(events.map(({ id }) => id)) };
    },
  };
}
