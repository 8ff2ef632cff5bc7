import { ConfigurationError } from "../shared/errors.ts";
import { withoutSecretsOf } from "./redact-data.ts";
import type { Redact } from "./redact-events.ts";
import { around, type Summarizer, type SummarizerResult } from "./summarizer.ts";

/**
 * Redacts what a summarizer writes, before anybody checks or cuts it: a key that was cut in half is found by no pattern,
 * and a marker may be longer than what it stands for.
 */
export function redactingAnswers(inner: Summarizer, redact: Redact | undefined): Summarizer {
  if (redact === undefined) return inner;
  return around(inner, async (request) => {
    const answer: SummarizerResult | undefined = await inner.summarize(request);
    const text: unknown = answer?.text;
    // What is no text is refused by whoever checks the answer.
    return typeof text === "string" ? { ...answer, text: redacted(text, answer.metadata, redact) } : answer;
  });
}

function redacted(text: string, metadata: SummarizerResult["metadata"], redact: Redact): string {
  try {
    return redact(withoutSecretsOf(metadata, text, redact));
  } catch (cause) {
    if (cause instanceof ConfigurationError) throw cause;
    throw new ConfigurationError("`redact` failed", { cause });
  }
}
