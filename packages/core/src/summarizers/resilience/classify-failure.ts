/** What a model's failure calls for: another try, none, or a shorter input. */
export type FailureKind = "transient" | "permanent" | "context-length";

/** What is known of a failure, without a word of what the provider said. */
export interface ModelFailure {
  readonly kind: FailureKind;
  /** Status of the HTTP answer, where there was one. */
  readonly status: number | undefined;
  /** How long the provider asks to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined;
}

/** An error as clients of providers make them; each names things in its own way. */
interface ClientError {
  readonly name?: unknown;
  readonly message?: unknown;
  readonly status?: unknown;
  readonly statusCode?: unknown;
  readonly code?: unknown;
  readonly type?: unknown;
  readonly headers?: unknown;
  readonly response?: { readonly status?: unknown; readonly headers?: unknown };
  readonly error?: { readonly code?: unknown; readonly type?: unknown; readonly message?: unknown };
  readonly cause?: unknown;
}

/** Errors hang on one another by `cause`; deeper than that there is no news. */
const DEEPEST_CAUSE = 5;

/** Statuses below 500 that mean "not now": request time-out, conflict, too early, too many requests. */
const TRANSIENT_STATUS = new Set([408, 409, 425, 429]);
/** Error codes of Node's sockets and of its fetch. */
const NETWORK_CODE =
  /^(E(CONN(RESET|REFUSED|ABORTED)|PIPE|TIMEDOUT|NOTFOUND|AI_AGAIN|HOST(UNREACH|DOWN)|NET(UNREACH|DOWN))|UND_ERR_\w+)$/;
/** What clients say when a connection was cut or never came about. */
const NETWORK_MESSAGE =
  /fetch failed|connection error|socket hang up|network error|terminated|premature close|other side closed/i;
const TIMEOUT_NAME = /^(TimeoutError|APIConnectionTimeoutError|APIConnectionError)$/;
/** A 429 that no waiting mends. */
const OUT_OF_QUOTA = /insufficient[_ -]?quota|billing|credit balance|out of credits/i;
/** OpenAI, Azure, Anthropic, Google, Bedrock, Mistral, Cohere, Groq and vLLM, in their own words. */
const TOO_LONG =
  /context_length_exceeded|context length|context window|maximum context|prompt is too long|input is too long|too many (input )?tokens|exceeds the maximum number of tokens|input token count|reduce the length|too large for model/i;

/**
 * Tells what a failure of a model calls for. What is not known is permanent: asking again would only cost. Several
 * failures in one may pass if one of them may.
 */
export function classifyFailure(error: unknown): ModelFailure {
  const failure = classifyOne(error);
  if (failure.kind !== "permanent" || !(error instanceof AggregateError)) return failure;
  const mayPass = error.errors.some((each) => classifyOne(each).kind === "transient");
  return mayPass ? { ...failure, kind: "transient" } : failure;
}

function classifyOne(error: unknown): ModelFailure {
  const chain = causesOf(error);
  const status = first(chain, statusOf);
  const failure = (kind: FailureKind): ModelFailure => ({
    kind,
    status,
    retryAfterMs: first(chain, retryAfterOf),
  });
  if (chain.some((link) => saysTooLong(link, status))) return failure("context-length");
  if (status !== undefined) {
    const isTransient = status >= 500 || TRANSIENT_STATUS.has(status);
    return failure(isTransient && !(status === 429 && chain.some(isOutOfQuota)) ? "transient" : "permanent");
  }
  return failure(chain.some(isNetwork) ? "transient" : "permanent");
}

/** Whether a model refused a request because it was longer than its context window. */
export function isContextLengthError(error: unknown): boolean {
  return classifyFailure(error).kind === "context-length";
}

function causesOf(error: unknown): readonly ClientError[] {
  const chain: ClientError[] = [];
  let link = error;
  while (typeof link === "object" && link !== null && chain.length < DEEPEST_CAUSE) {
    chain.push(link);
    link = (link as ClientError).cause;
  }
  return chain;
}

function first<T>(chain: readonly ClientError[], read: (link: ClientError) => T | undefined): T | undefined {
  for (const link of chain) {
    const found = read(link);
    if (found !== undefined) return found;
  }
  return undefined;
}

function statusOf({ status, statusCode, response }: ClientError): number | undefined {
  return [status, statusCode, response?.status].find(
    (given): given is number => typeof given === "number" && given >= 400,
  );
}

function saysTooLong(link: ClientError, status: number | undefined): boolean {
  if (link.name === "ContextOverflowError") return true;
  if (status !== undefined && status !== 400 && status !== 413 && status !== 422) return false;
  return [link.code, link.error?.code, link.error?.type, link.message, link.error?.message].some(
    (said) => typeof said === "string" && TOO_LONG.test(said),
  );
}

function isOutOfQuota({ code, type, message, error }: ClientError): boolean {
  return [code, type, error?.code, error?.type, message].some(
    (said) => typeof said === "string" && OUT_OF_QUOTA.test(said),
  );
}

function isNetwork({ name, code, message }: ClientError): boolean {
  if (typeof name === "string" && TIMEOUT_NAME.test(name)) return true;
  if (typeof code === "string" && NETWORK_CODE.test(code)) return true;
  // Half an answer cannot be read; the next one may come whole.
  if (name === "SyntaxError") return true;
  return typeof message === "string" && NETWORK_MESSAGE.test(message);
}

function retryAfterOf({ headers, response }: ClientError): number | undefined {
  for (const given of [headers, response?.headers]) {
    const milliseconds = Number(headerOf(given, "retry-after-ms") ?? Number.NaN);
    if (Number.isFinite(milliseconds) && milliseconds >= 0) return milliseconds;
    const wait = headerOf(given, "retry-after");
    if (wait === undefined || wait.trim() === "") continue;
    const seconds = Number(wait);
    if (Number.isFinite(seconds) && seconds >= 0) return seconds * 1000;
    const date = Date.parse(wait);
    if (!Number.isNaN(date)) return Math.max(0, date - Date.now());
  }
  return undefined;
}

function headerOf(headers: unknown, name: string): string | undefined {
  if (typeof headers !== "object" || headers === null) return undefined;
  const { get } = headers as { get?: unknown };
  const value: unknown =
    typeof get === "function" ? get.call(headers, name) : (headers as Record<string, unknown>)[name];
  return typeof value === "string" ? value : undefined;
}
