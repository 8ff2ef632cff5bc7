import {
  type Attributes,
  type Context,
  context,
  type Span,
  type SpanKind,
  SpanStatusCode,
  type TimeInput,
  trace,
} from "@opentelemetry/api";

/** Under which name spans and metrics are made. */
export const INSTRUMENTATION = "@sessionfold/core";

/** How a span begins. */
export interface SpanStart {
  readonly kind: SpanKind;
  /** What it is a child of. */
  readonly parent: Context;
  readonly startTime?: TimeInput | undefined;
}

/**
 * A span of OpenTelemetry that cannot fail its owner: a processor that throws must not take a fold down with it. What it
 * says is gathered only where somebody records it.
 */
export class SafeSpan {
  readonly #span: Span | undefined;
  /** The context in which work belongs to the span. */
  readonly context: Context;

  constructor(name: string, { kind, parent, startTime }: SpanStart, attributes: () => Attributes) {
    const options = { kind, ...(startTime !== undefined && { startTime }) };
    this.#span = quietly(() => trace.getTracer(INSTRUMENTATION).startSpan(name, options, parent));
    this.context = this.#span === undefined ? parent : trace.setSpan(parent, this.#span);
    this.set(attributes);
  }

  get isRecording(): boolean {
    return this.#span?.isRecording() === true;
  }

  rename(name: () => string): void {
    this.write((span) => span.updateName(name()));
  }

  set(attributes: () => Attributes): void {
    this.write((span) => span.setAttributes(attributes()));
  }

  /** Says that it ended in an error of that type. The error itself, which may carry content, only where it is given. */
  fail(type: string, exception?: unknown): void {
    this.write((span) => {
      span.setAttribute("error.type", type).setStatus({ code: SpanStatusCode.ERROR });
      if (exception instanceof Error) span.recordException(exception);
    });
  }

  end(): void {
    quietly(() => this.#span?.end());
  }

  /** Does work within the span: spans that are made meanwhile are its children. */
  run<T>(work: () => T): T {
    return context.with(this.context, work);
  }

  /** Lets something be written on it, where somebody records it. */
  write(say: (span: Span) => unknown): void {
    const span = this.#span;
    if (span !== undefined && this.isRecording) quietly(() => say(span));
  }
}

/** What the work makes; undefined when it throws. */
export function quietly<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    // OpenTelemetry has channels of its own for what goes wrong in it; a fold is not one of them.
    return undefined;
  }
}
