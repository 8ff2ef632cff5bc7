import type { Attributes } from "@opentelemetry/api";
import type { RunEvent } from "./run-event.ts";
import type { SafeSpan } from "./safe-span.ts";

/** Writes an event of a run on its span: what happens on the way as span events, the rest as attributes. */
export function tellSpan(span: SafeSpan, make: () => RunEvent): void {
  if (!span.isRecording) return;
  span.write((recorder) => {
    const event = make();
    const name = ON_THE_WAY[event.kind];
    const attributes = attributesOf(event);
    if (name === undefined) recorder.setAttributes(attributes);
    else recorder.addEvent(name, attributes);
  });
}

/** Names of span events. */
const ON_THE_WAY: Readonly<Partial<Record<RunEvent["kind"], string>>> = {
  retried: "sessionfold.retry",
  "fell-back": "sessionfold.fallback",
  breaker: "sessionfold.breaker",
};

function attributesOf(event: RunEvent): Attributes {
  switch (event.kind) {
    case "started":
      return {
        "sessionfold.trigger": event.trigger,
        "sessionfold.read.events": event.events,
        "sessionfold.read.summaries": event.summaries,
        "sessionfold.read.tokens": event.tokens,
      };
    case "committed":
      return {
        "sessionfold.outcome": event.kind,
        "sessionfold.summary.id": event.summaryId,
        "sessionfold.summary.version": event.version,
        "sessionfold.summary.tokens": event.summaryTokens,
        "sessionfold.before.events": event.before.events,
        "sessionfold.before.tokens": event.before.tokens,
        "sessionfold.after.events": event.after.events,
        "sessionfold.after.tokens": event.after.tokens,
        "sessionfold.folded.events": event.foldedEvents,
        "sessionfold.folded.tokens": event.foldedTokens,
        "sessionfold.kept.events": event.keptEvents,
        "sessionfold.compression_ratio": event.compressionRatio,
        "sessionfold.calls": event.calls,
        "sessionfold.parts": event.parts,
        "sessionfold.retries": event.retries,
        // Not `gen_ai.usage.*`: the spans of the calls carry these, and nobody should count them twice.
        ...(event.usage !== null && {
          "sessionfold.usage.input_tokens": event.usage.inputTokens,
          "sessionfold.usage.output_tokens": event.usage.outputTokens,
        }),
        ...(event.model !== null && { "sessionfold.model": event.model }),
      };
    case "skipped":
      return { "sessionfold.outcome": event.kind, "sessionfold.skip_reason": event.reason };
    case "failed":
      return {
        "sessionfold.outcome": event.kind,
        "sessionfold.transient": event.transient,
        "sessionfold.calls": event.calls,
        "sessionfold.retries": event.retries,
        ...statusOf(event),
      };
    case "retried":
      return {
        "sessionfold.attempt": event.attempt,
        "sessionfold.wait_ms": event.waitMs,
        "sessionfold.failure": event.failure,
        ...statusOf(event),
      };
    case "fell-back":
      return {
        "sessionfold.from": event.from,
        "sessionfold.to": event.to,
        "sessionfold.failure": event.failure,
        ...statusOf(event),
      };
    case "breaker":
      return { "sessionfold.breaker.state": event.state, "sessionfold.summarizer": event.summarizer };
  }
}

function statusOf({ status }: { readonly status: number | undefined }): Attributes {
  return status === undefined ? {} : { "http.response.status_code": status };
}
