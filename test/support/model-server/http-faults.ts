import type { Delivery, Fault, FaultContext } from "./delivery.ts";
import { type ErrorFields, errorDelivery, jsonDelivery } from "./http-errors.ts";

/** A fault of that name. For faults that this folder does not have. */
export function fault(name: string, deliver: (context: FaultContext) => Delivery): Fault {
  return { fault: name, deliver };
}

/** A status with OpenAI's error body. */
export function httpError(
  status: number,
  error: ErrorFields,
  headers: Readonly<Record<string, string>> = {},
): Fault {
  return fault(`status ${status}`, () => errorDelivery(status, error, headers));
}

/** When the client may ask again, in one of the forms that providers send. */
export interface RetryAfter {
  /** `Retry-After` in seconds, or as a date. */
  readonly retryAfter?: number | Date;
  /** `retry-after-ms`, in milliseconds. */
  readonly retryAfterMs?: number;
}

/** 429: too many requests for the moment. Without a hint when to come back unless one is given. */
export function rateLimited(hint: RetryAfter = {}): Fault {
  const message = "Rate limit reached for this model on requests per min.";
  const error = { message, type: "requests", code: "rate_limit_exceeded" };
  return fault("rate limited", () => errorDelivery(429, error, retryHeaders(hint)));
}

/** 429 that no waiting mends: the account has no credit. */
export function quotaExhausted(): Fault {
  const message = "You exceeded your current quota, please check your plan and billing details.";
  const error = { message, type: "insufficient_quota", code: "insufficient_quota" };
  return fault("quota exhausted", () => errorDelivery(429, error));
}

/** 500 with OpenAI's body. */
export function serverError(): Fault {
  const message = "The server had an error while processing your request.";
  return fault("server error", () => errorDelivery(500, { message, type: "server_error" }));
}

/** 502 with a page of a proxy instead of JSON. */
export function badGateway(): Fault {
  const page =
    "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>";
  return fault("bad gateway", () => ({
    status: 502,
    headers: { "content-type": "text/html" },
    body: [page],
  }));
}

/** 503: no capacity. */
export function overloaded(hint: RetryAfter = {}): Fault {
  const error = {
    message: "The engine is currently overloaded, please try again later.",
    type: "server_error",
  };
  return fault("overloaded", () => errorDelivery(503, error, retryHeaders(hint)));
}

/** 401: a key that is not valid. */
export function unauthorized(): Fault {
  const error = { message: "Incorrect API key provided.", code: "invalid_api_key" };
  return fault("unauthorized", () => errorDelivery(401, error));
}

/** 400: a parameter that the model does not know. */
export function badRequest(message = "Unsupported parameter: 'temperature'."): Fault {
  return fault("bad request", () => errorDelivery(400, { message, code: "unsupported_parameter" }));
}

/** 404: no such model, or none for this account. */
export function modelNotFound(): Fault {
  return fault("model not found", ({ request: { model } }) =>
    errorDelivery(404, {
      message: `The model \`${model}\` does not exist or you do not have access to it.`,
      code: "model_not_found",
    }),
  );
}

/** What a context-length error names. */
export interface Overflow {
  /** Tokens that the model takes. Default 128,000. */
  readonly limit?: number;
  /** Tokens that were sent. Default one more. */
  readonly tokens?: number;
}

/** 400 as OpenAI sends it for a request that is longer than the model's context. */
export function contextLengthExceeded(overflow: Overflow = {}): Fault {
  return fault("context length exceeded", () => contextLengthDelivery(overflow));
}

/** 400 as Anthropic sends it for a prompt that is too long. */
export function promptTooLong({ limit = 200_000, tokens = limit + 1 }: Overflow = {}): Fault {
  const message = `prompt is too long: ${tokens} tokens > ${limit} maximum`;
  const body = { type: "error", error: { type: "invalid_request_error", message } };
  return fault("prompt too long", () => jsonDelivery(400, body));
}

/** The response of `contextLengthExceeded`. */
export function contextLengthDelivery({ limit = 128_000, tokens = limit + 1 }: Overflow): Delivery {
  const message =
    `This model's maximum context length is ${limit} tokens. However, your messages resulted in ${tokens} tokens. ` +
    "Please reduce the length of the messages.";
  return errorDelivery(400, { message, param: "messages", code: "context_length_exceeded" });
}

function retryHeaders({ retryAfter, retryAfterMs }: RetryAfter): Record<string, string> {
  const headers: Record<string, string> = {};
  if (retryAfter !== undefined)
    headers["retry-after"] = retryAfter instanceof Date ? retryAfter.toUTCString() : String(retryAfter);
  if (retryAfterMs !== undefined) headers["retry-after-ms"] = String(retryAfterMs);
  return headers;
}
