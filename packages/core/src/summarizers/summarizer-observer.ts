import type { BaseMessage } from "@langchain/core/messages";
import type { SummaryUsage } from "../summaries/session-summary.ts";

/** One call of a model. What costs to gather is a function, called only when somebody wants to know. */
export interface ObservedCall {
  /** What is asked for: a summary of the whole, of a part, or of the summaries of parts. Undefined where nobody says. */
  readonly purpose: "whole" | "part" | "merge" | undefined;
  /** The call's own signal, which tells an error from a call that was given up. */
  readonly signal: AbortSignal;
  readonly request: () => CallRequest;
  readonly response: (answer: BaseMessage) => CallResponse;
}

/** What is sent to a model. */
export interface CallRequest {
  /** Name of the provider in OpenTelemetry's conventions; undefined where the model does not say. */
  readonly provider: string | undefined;
  /** Name of the model; null where it does not say. */
  readonly model: string | null;
  /** Tokens that the answer may have, where a limit is set. */
  readonly maxTokens: number | undefined;
  /** The prompt: content, which an observer should not pass on unasked. */
  readonly messages: readonly BaseMessage[];
}

/** What a model sends back. */
export interface CallResponse {
  /** Model that answered, by its own word. */
  readonly model: string | null;
  readonly usage: SummaryUsage | null;
  /** Why the answer ended, in the provider's words. */
  readonly finishReason: string | undefined;
}

/** State of a circuit breaker: `closed` lets all through, `open` nothing, `half-open` one summary that tries. */
export type BreakerState = "closed" | "open" | "half-open";

/** Told what happens on the way to a summary. It changes nothing of what a summarizer does, and never throws. */
export interface SummarizerObserver {
  /** A call failed and is made again after the wait, in milliseconds. `attempt` is the one that failed, from 1. */
  retrying(retry: { readonly attempt: number; readonly waitMs: number; readonly error: unknown }): void;
  /** A summarizer failed and the next in line is asked. */
  fellBack(fallback: { readonly from: string; readonly to: string; readonly error: unknown }): void;
  /** A summarizer's circuit breaker changed its state. */
  breakerChanged(breaker: {
    readonly state: BreakerState;
    readonly summarizer: string;
    readonly model: string | null;
  }): void;
  /** Makes one call of a model: `ask`, whose answer or error it passes on. */
  call(call: ObservedCall, ask: () => Promise<BaseMessage>): Promise<BaseMessage>;
}
