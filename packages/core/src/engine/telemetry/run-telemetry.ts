import type { BaseMessage } from "@langchain/core/messages";
import { type Attributes, type Context, context, ROOT_CONTEXT, SpanKind } from "@opentelemetry/api";
import { randomId } from "../../shared/ids.ts";
import { classifyFailure } from "../../summarizers/resilience/classify-failure.ts";
import type { ObservedCall, SummarizerObserver } from "../../summarizers/summarizer-observer.ts";
import type { CompactionTarget } from "../compaction-target.ts";
import type { ResolvedOptions } from "../options.ts";
import type { SummarizeOutcome } from "../outcome.ts";
import { observeCall } from "./observe-call.ts";
import type { RunEvent, RunEventBase } from "./run-event.ts";
import {
  breakerEvent,
  type Counts,
  committedEvent,
  failedEvent,
  fellBackEvent,
  retriedEvent,
  type StartedFold,
  skippedEvent,
  startedEvent,
} from "./run-events.ts";
import { SafeSpan } from "./safe-span.ts";
import { tellSpan } from "./tell-span.ts";

/** Tells what happens in one run: to the option `onEvent`, and to OpenTelemetry. Costs next to nothing where neither is. */
export class RunTelemetry implements SummarizerObserver {
  /** Identity of the run, and of the summary that comes of it. */
  readonly id: string = randomId();
  readonly #target: CompactionTarget;
  readonly #options: ResolvedOptions;
  readonly #startedAt: number = performance.now();
  /** Taken at the beginning, since not every context manager keeps it over an `await`. */
  readonly #parent: Context;
  readonly #counts: Counts = { calls: 0, parts: 0, retries: 0 };
  #span: SafeSpan | undefined;

  /** `isDetached`: nobody waits for the run, so its span is no part of whatever is going on. */
  constructor(target: CompactionTarget, options: ResolvedOptions, isDetached: boolean = false) {
    this.#target = target;
    this.#options = options;
    this.#parent = isDetached ? ROOT_CONTEXT : context.active();
  }

  /** There is something to fold. */
  started(fold: StartedFold): void {
    this.#begin();
    this.#say(
      (base) => startedEvent(base, this.#target, fold),
      () => ({ transcript: fold.reading.blocks.join("\n") }),
    );
  }

  /** Does the work of the run within its span. */
  within<T>(work: () => Promise<T>): Promise<T> {
    return this.#span === undefined ? work() : this.#span.run(work);
  }

  /** What became of it. */
  ended(outcome: SummarizeOutcome): void {
    const elapsedMs = this.#elapsed();
    if (outcome.kind === "summarized") {
      const { strategy } = this.#options;
      this.#say(
        (base) => committedEvent(base, outcome, { ...this.#counts, elapsedMs, strategy }),
        () => ({ text: outcome.summary.text }),
      );
    } else if (outcome.kind === "skipped") {
      this.#say((base) => skippedEvent(base, outcome, elapsedMs));
    } else {
      this.#failed(outcome.error, outcome.error.code);
    }
    this.#span?.end();
  }

  /** It ended in an error that is none of ours. */
  threw(error: unknown): void {
    this.#failed(error, "unexpected");
    this.#span?.end();
  }

  retrying({ attempt, waitMs, error }: Parameters<SummarizerObserver["retrying"]>[0]): void {
    this.#counts.retries++;
    this.#say(
      (base) => retriedEvent(base, { attempt, waitMs, ...classifyFailure(error) }),
      () => ({ error }),
    );
  }

  fellBack({ from, to, error }: Parameters<SummarizerObserver["fellBack"]>[0]): void {
    this.#say(
      (base) => fellBackEvent(base, { from, to }, error),
      () => ({ error }),
    );
  }

  breakerChanged(breaker: Parameters<SummarizerObserver["breakerChanged"]>[0]): void {
    this.#say((base) => breakerEvent(base, breaker));
  }

  async call(call: ObservedCall, ask: () => Promise<BaseMessage>): Promise<BaseMessage> {
    this.#counts.calls++;
    const { openTelemetry, content } = this.#options.telemetry;
    const { sessionId } = this.#target;
    const parent = this.#span?.context ?? this.#parent;
    const answer = await (openTelemetry ? observeCall(call, ask, { sessionId, parent, content }) : ask());
    if (call.purpose === "part") this.#counts.parts++;
    return answer;
  }

  #failed(error: unknown, code: string): void {
    // What fails before there is anything to fold has no span yet, and should be seen all the same.
    this.#begin(this.#startedAt);
    const { calls, retries } = this.#counts;
    const elapsedMs = this.#elapsed();
    this.#say(
      (base) => failedEvent(base, error, { code, calls, retries, elapsedMs }),
      () => ({ error }),
    );
    this.#span?.fail(code, this.#options.telemetry.content ? error : undefined);
  }

  #begin(startTime?: number): void {
    if (this.#span !== undefined || !this.#options.telemetry.openTelemetry) return;
    const { sessionId, scope } = this.#target;
    const start = { kind: SpanKind.INTERNAL, parent: this.#parent, startTime };
    this.#span = new SafeSpan(
      "sessionfold.summarize",
      start,
      (): Attributes => ({
        "sessionfold.run.id": this.id,
        "sessionfold.strategy": this.#options.strategy,
        ...(sessionId !== "" && { "gen_ai.conversation.id": sessionId }),
        ...(scope !== undefined && { "sessionfold.scope": scope }),
      }),
    );
  }

  /** Makes the event if anybody wants it, once; its content goes along where that is asked for. */
  #say(make: (base: RunEventBase) => RunEvent, content: () => object = () => ({})): void {
    const { tell, content: mayTell } = this.#options.telemetry;
    const { sessionId, scope } = this.#target;
    let made: RunEvent | undefined;
    const event = (): RunEvent => {
      made ??= make({ runId: this.id, sessionId, scope, timestamp: this.#options.clock() });
      return made;
    };
    tell?.(sessionId, () => ({ ...event(), ...(mayTell && content()) }));
    if (this.#span !== undefined) tellSpan(this.#span, event);
  }

  #elapsed(): number {
    return Math.round(performance.now() - this.#startedAt);
  }
}
