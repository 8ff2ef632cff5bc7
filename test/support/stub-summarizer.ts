import type { Summarizer, SummarizerRequest, SummarizerResult } from "@sessionfold/core";

/** A summarizer whose answers are written in advance and whose requests are kept. */
export interface StubSummarizer extends Summarizer {
  readonly requests: SummarizerRequest[];
}

/**
 * Answers "SUM", or what it is given: a text, a result, or a function of the request (which may throw, or never
 * settle). It stands in for the model only; everything around it is real.
 */
export function stubSummarizer(
  answer:
    | string
    | ((
        request: SummarizerRequest,
      ) => string | SummarizerResult | Promise<string | SummarizerResult>) = "SUM",
): StubSummarizer {
  const requests: SummarizerRequest[] = [];
  return {
    name: "stub",
    model: "stub-model",
    requests,
    async summarize(request) {
      requests.push(request);
      const given = typeof answer === "string" ? answer : await answer(request);
      return typeof given === "string" ? { text: given } : given;
    },
  };
}
