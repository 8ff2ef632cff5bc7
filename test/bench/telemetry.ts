import { context, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import {
  type EventInput,
  eventCountThreshold,
  SessionSummarizer,
  type SessionSummarizerOptions,
} from "@sessionfold/core";
import { stubSummarizer } from "../support/stub-summarizer.ts";
import { figure, median } from "./measure.ts";

const RUNS = 300;
const ROUNDS = 25;
const EVENTS: readonly EventInput[] = Array.from({ length: 6 }, (_, at) => ({
  id: `event-${at}`,
  author: at % 2 === 0 ? "user" : "agent",
  message: `line ${at} of a conversation about the weather`,
  timestamp: at,
}));

interface Case {
  readonly name: string;
  readonly options: SessionSummarizerOptions;
  readonly sdk?: boolean;
}

let told = 0;
const CASES: readonly Case[] = [
  { name: "switched off", options: { telemetry: { openTelemetry: false } } },
  { name: "nobody listens", options: {} },
  { name: "a listener", options: { onEvent: () => told++ } },
  { name: "a listener and an SDK", options: { onEvent: () => told++ }, sdk: true },
];

/** What telemetry costs a run, in microseconds: one that is not due, and a fold without its model call. The cases take turns. */
export async function benchTelemetry(): Promise<void> {
  for (const due of [false, true]) {
    const threshold = due ? 1 : 1000;
    const cases = CASES.map((it) => ({
      ...it,
      took: [] as number[],
      summarizer: new SessionSummarizer({
        summarizer: stubSummarizer("S"),
        trigger: eventCountThreshold(threshold),
        keep: { events: 2 },
        tokenCounter: (text) => text.length,
        ...it.options,
      }),
    }));
    for (let round = 0; round < ROUNDS; round++) {
      for (const { sdk, summarizer, took } of cases) {
        const stop = sdk === true ? startSdk() : () => {};
        const start = performance.now();
        for (let run = 0; run < RUNS; run++) await summarizer.summarizeEvents(EVENTS);
        took.push(((performance.now() - start) * 1000) / RUNS);
        stop();
      }
    }
    const row = cases.map(
      ({ name, took }) => `${name} ${figure(median([...took].sort((a, b) => a - b)), 1)} us`,
    );
    console.log(`telemetry, a list of 6 events, ${due ? "folded" : "not due"}   ${row.join("   ")}`);
  }
  if (told === 0) throw new Error("Expected the listener to be told");
}

function startSdk(): () => void {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  trace.setGlobalTracerProvider(provider);
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  return () => {
    trace.disable();
    context.disable();
    exporter.reset();
  };
}
