import type { BaseMessage } from "@langchain/core/messages";
import { type Attributes, type Context, SpanKind } from "@opentelemetry/api";
import { SummarizeError } from "../../shared/errors.ts";
import { classifyFailure } from "../../summarizers/resilience/classify-failure.ts";
import { ShareTimedOut } from "../../summarizers/resilience/share-timed-out.ts";
import type { CallRequest, CallResponse, ObservedCall } from "../../summarizers/summarizer-observer.ts";
import { answeredContent, sentContent } from "./call-content.ts";
import { recordCall } from "./call-metrics.ts";
import { quietly, SafeSpan } from "./safe-span.ts";

/** To what a call belongs. */
export interface CallSurroundings {
  readonly sessionId: string;
  /** What its span is a child of. */
  readonly parent: Context;
  /** Whether what is said may be told. */
  readonly content: boolean;
}

/**
 * Makes one call of a model in a span of OpenTelemetry's GenAI conventions, and measures it.
 * @throws what `ask` throws.
 */
export async function observeCall(
  call: ObservedCall,
  ask: () => Promise<BaseMessage>,
  { sessionId, parent, content }: CallSurroundings,
): Promise<BaseMessage> {
  const startedAt = performance.now();
  const seconds = (): number => (performance.now() - startedAt) / 1000;
  // Asked at most once, and only if somebody records or measures.
  let known: CallRequest | undefined;
  const request = (): CallRequest => (known ??= call.request());
  const span = new SafeSpan("chat", { kind: SpanKind.CLIENT, parent }, () => ({
    ...aboutCall(request()),
    ...(sessionId !== "" && { "gen_ai.conversation.id": sessionId }),
    ...(request().maxTokens !== undefined && { "gen_ai.request.max_tokens": request().maxTokens }),
    ...(call.purpose !== undefined && { "sessionfold.purpose": call.purpose }),
    ...(content && sentContent(request().messages)),
  }));
  span.rename(() => `chat ${request().model ?? ""}`.trim());
  try {
    const answer = await span.run(ask);
    const response = quietly(() => call.response(answer));
    span.set(() => ({
      ...(response && aboutAnswer(response)),
      ...(content && answeredContent(answer, response?.finishReason)),
    }));
    recordCall(seconds(), response?.usage, () => ({
      ...aboutCall(request()),
      ...(typeof response?.model === "string" && { "gen_ai.response.model": response.model }),
    }));
    return answer;
  } catch (error) {
    const type = quietly(() => errorType(error, call.signal)) ?? "permanent";
    span.fail(type, content ? error : undefined);
    recordCall(seconds(), null, () => ({ ...aboutCall(request()), "error.type": type }));
    throw error;
  } finally {
    span.end();
  }
}

function aboutCall({ provider, model }: CallRequest): Attributes {
  return {
    "gen_ai.operation.name": "chat",
    // The conventions require one.
    "gen_ai.provider.name": provider ?? "unknown",
    ...(model !== null && { "gen_ai.request.model": model }),
  };
}

/** Reasons are short words; what is more than that may be anything. */
const REASON = /^[\w-]{1,40}$/;

function aboutAnswer({ model, usage, finishReason }: CallResponse): Attributes {
  return {
    ...(model !== null && { "gen_ai.response.model": model }),
    ...(finishReason !== undefined &&
      REASON.test(finishReason) && { "gen_ai.response.finish_reasons": [finishReason] }),
    ...(usage !== null && {
      "gen_ai.usage.input_tokens": usage.inputTokens,
      "gen_ai.usage.output_tokens": usage.outputTokens,
    }),
  };
}

/** What went wrong, in one of a few words: the HTTP status where there is one. Nothing of what the provider said. */
function errorType(error: unknown, signal: AbortSignal): string {
  if (signal.aborted) return isTimeout(signal.reason) ? "timeout" : "aborted";
  const { kind, status } = classifyFailure(error);
  return status === undefined ? kind : String(status);
}

function isTimeout(reason: unknown): boolean {
  return reason instanceof ShareTimedOut || (reason instanceof SummarizeError && reason.code === "timeout");
}
