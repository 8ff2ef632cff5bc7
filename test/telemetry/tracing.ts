import { context, type Span, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
  type SpanProcessor,
} from "@opentelemetry/sdk-trace-base";

/** OpenTelemetry's SDK with spans in memory. It is the process's own until `stop`. */
export interface Tracing {
  /** Spans that have ended, in the order of their ends. */
  spans(): readonly ReadableSpan[];
  /** Those of that name, or whose name begins so. */
  named(name: string): readonly ReadableSpan[];
  /** Runs work within a span of the caller's. */
  inSpan<T>(work: (span: Span) => Promise<T>): Promise<T>;
  reset(): void;
  stop(): Promise<void>;
}

/** Starts it. */
export function startTracing(...more: readonly SpanProcessor[]): Tracing {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({
    spanProcessors: [new SimpleSpanProcessor(exporter), ...more],
  });
  trace.setGlobalTracerProvider(provider);
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  return {
    spans: () => exporter.getFinishedSpans(),
    named: (name) => exporter.getFinishedSpans().filter((span) => span.name.startsWith(name)),
    inSpan: (work) =>
      trace.getTracer("caller").startActiveSpan("turn", async (span) => {
        try {
          return await work(span);
        } finally {
          span.end();
        }
      }),
    reset: () => exporter.reset(),
    stop: async () => {
      trace.disable();
      context.disable();
      await provider.shutdown();
    },
  };
}
