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
  readonly status_code?: unknown;
  /** As AWS's clients have it. */
  readonly $metadata?: { readonly httpStatusCode?: unknown };
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
const TOO_MANY_REQUESTS = 429;
/** AWS's names for "not now", with whatever status. */
const BUSY_NAME =
  /^(Throttling|Throttled|TooManyRequests|ServiceUnavailable|ModelTimeout|ModelNotReady|InternalServer)(Exception|Error)?$/;
/** Codes and types of a 429 that no waiting mends. */
const OUT_OF_QUOTA =
  /^(insufficient_quota|billing_(hard_limit_reached|not_active|error)|(out_of|insufficient)_credits?|credit_balance_too_low|quota_exhausted)$/i;
/** The same in words, of those that give neither code nor type. OpenAI's ordinary rate limit links to its billing page. */
const SAYS_OUT_OF_QUOTA =
  /insufficient quota|exceeded your current quota|credit balance|out of credits|billing hard limit/i;
/** A 429 for a single request that is above what a minute may hold: it has to get shorter, as if it were too long. */
const ABOVE_A_MINUTE = /request too large.*(must be reduced|reduce)/is;
/** What is too much for the moment is not too long. */
const PASSES = /please wait|(try again|retry) (later|in|after)\b/i;
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
  if (status === TOO_MANY_REQUESTS) return failure(isOutOfQuota(chain) ? "permanent" : "transient");
  if (chain.some(isBusy)) return failure("transient");
  if (status !== undefined)
    return failure(status >= 500 || TRANSIENT_STATUS.has(status) ? "transient" : "permanent");
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

function statusOf(link: ClientError): number | undefined {
  const { status, statusCode, status_code, code, response, $metadata } = link;
  return [status, statusCode, status_code, response?.status, $metadata?.httpStatusCode, code].find(
    (given): given is number => typeof given === "number" && given >= 400 && given < 600,
  );
}

function saysTooLong(link: ClientError, status: number | undefined): boolean {
  if (link.name === "ContextOverflowError") return true;
  const { code, error, message } = link;
  const said = [code, error?.code, error?.type, message, error?.message].filter(isText);
  if (status === TOO_MANY_REQUESTS) return said.some((text) => ABOVE_A_MINUTE.test(text));
  if (isBusy(link) || said.some((text) => PASSES.test(text))) return false;
  if (status !== undefined && status !== 400 && status !== 413 && status !== 422) return false;
  return said.some((text) => TOO_LONG.test(text));
}

function isBusy({ name, code }: ClientError): boolean {
  return [name, code].some((given) => isText(given) && BUSY_NAME.test(given));
}

/** Codes and types decide; words only where there are none, and nobody says when to come back. */
function isOutOfQuota(chain: readonly ClientError[]): boolean {
  const codes = chain
    .flatMap(({ code, type, error }) => [code, type, error?.code, error?.type])
    .filter(isText);
  if (codes.length > 0) return codes.some((code) => OUT_OF_QUOTA.test(code));
  if (first(chain, retryAfterOf) !== undefined) return false;
  const said = chain.flatMap(({ message, error }) => [message, error?.message]).filter(isText);
  return said.some((text) => SAYS_OUT_OF_QUOTA.test(text)) && !said.some((text) => PASSES.test(text));
}

function isText(given: unknown): given is string {
  return typeof given === "string";
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
