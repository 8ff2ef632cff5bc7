import type { AIMessage } from "@langchain/core/messages";
import type { ModelServer } from "./server.ts";

/** The ways to ask. */
export const WAYS: readonly ["plain", "streamed"] = ["plain", "streamed"];

/** How to ask. */
export type Way = (typeof WAYS)[number];

/** Asks one thing, plainly or streamed, and returns the whole answer. */
export async function ask(
  server: ModelServer,
  way: Way,
  question = "Where does the ferry leave?",
  signal?: AbortSignal,
): Promise<AIMessage> {
  const options = signal === undefined ? {} : { signal };
  if (way === "plain") return server.chat().invoke(question, options);
  let whole: AIMessage | undefined;
  for await (const chunk of await server.chat().stream(question, options)) {
    whole = whole === undefined ? chunk : (whole as typeof chunk).concat(chunk);
  }
  if (whole === undefined) throw new Error("The stream held nothing");
  return whole;
}

/** What a client makes of an answer: fields of the error that it throws, or of the answer. */
export async function seenOf(asking: () => Promise<AIMessage | undefined>): Promise<unknown> {
  try {
    const answer = await asking();
    return { text: answer?.text, finish_reason: answer?.response_metadata.finish_reason };
  } catch (error) {
    const { name, message, status, code, type, headers } = error as APIError;
    const retryAfter = headers?.get("retry-after");
    return { name, message, status, code, type, retryAfter, retryAfterMs: headers?.get("retry-after-ms") };
  }
}

/** What is read of OpenAI's errors, which the client package does not export. */
interface APIError extends Error {
  readonly status?: number;
  readonly code?: string;
  readonly type?: string;
  readonly headers?: Headers;
}
