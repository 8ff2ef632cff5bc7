import type { Summarizer, SummarizerRequest } from "@sessionfold/core";

/** A summarizer that keeps its requests. It stands in for the model only. */
export interface ScriptedSummarizer extends Summarizer {
  readonly requests: SummarizerRequest[];
}

/** Answers "S1", "S2", ..., or what the script says, which may throw. */
export function scriptedSummarizer(
  script: (request: SummarizerRequest, call: number) => string | Promise<string> = (_, call) => `S${call}`,
): ScriptedSummarizer {
  const requests: SummarizerRequest[] = [];
  return {
    name: "scripted",
    model: null,
    requests,
    async summarize(request) {
      requests.push(request);
      return { text: await script(request, requests.length) };
    },
  };
}
