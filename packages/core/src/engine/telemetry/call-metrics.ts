import { type Attributes, createNoopMeter, type Histogram, type Meter, metrics } from "@opentelemetry/api";
import type { SummaryUsage } from "../../summaries/session-summary.ts";
import { INSTRUMENTATION, quietly } from "./safe-span.ts";

/** Buckets that the GenAI conventions ask for: seconds, and tokens by powers of four. */
const SECONDS = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
const TOKENS = Array.from({ length: 14 }, (_, power) => 4 ** power);

interface Instruments {
  readonly duration: Histogram;
  readonly tokens: Histogram;
}

const made = new WeakMap<Meter, Instruments>();

/**
 * Records a call of a model by the GenAI conventions for metrics. The attributes are gathered only where somebody measures.
 */
export function recordCall(
  seconds: number,
  usage: SummaryUsage | null | undefined,
  attributes: () => Attributes,
): void {
  quietly(() => {
    const meter = metrics.getMeter(INSTRUMENTATION);
    if (meter === createNoopMeter()) return;
    const { duration, tokens } = instrumentsOf(meter);
    const about = attributes();
    duration.record(seconds, about);
    if (usage === null || usage === undefined) return;
    tokens.record(usage.inputTokens, { ...about, "gen_ai.token.type": "input" });
    tokens.record(usage.outputTokens, { ...about, "gen_ai.token.type": "output" });
  });
}

function instrumentsOf(meter: Meter): Instruments {
  const known = made.get(meter);
  if (known !== undefined) return known;
  const instruments = {
    duration: meter.createHistogram("gen_ai.client.operation.duration", {
      description: "GenAI operation duration",
      unit: "s",
      advice: { explicitBucketBoundaries: SECONDS },
    }),
    tokens: meter.createHistogram("gen_ai.client.token.usage", {
      description: "Number of input and output tokens used",
      unit: "{token}",
      advice: { explicitBucketBoundaries: TOKENS },
    }),
  };
  made.set(meter, instruments);
  return instruments;
}
