/** The scripted model server: OpenAI's chat completions on a loopback port, plain and streamed, sound and broken. */
export {
  type Answer,
  type AnswerToolCall,
  type FinishReason,
  type FullAnswer,
  type SaidAnswer,
  type Script,
  type ScriptLike,
  USAGE,
  type Usage,
} from "./model-server/answers.ts";
export type { Gauges, ModelCall } from "./model-server/calls.ts";
export {
  contentFilter,
  echo,
  emptyContent,
  errorInside,
  huge,
  malformedJson,
  noChoices,
  refusal,
  truncatedJson,
  unfinished,
  wrongContentType,
} from "./model-server/content-faults.ts";
export type { Delivery, Fault, FaultContext } from "./model-server/delivery.ts";
export {
  badGateway,
  badRequest,
  contextLengthExceeded,
  fault,
  httpError,
  modelNotFound,
  type Overflow,
  overloaded,
  promptTooLong,
  quotaExhausted,
  type RetryAfter,
  rateLimited,
  serverError,
  unauthorized,
} from "./model-server/http-faults.ts";
export type { CompletionRequest, RequestMessage, WireToolCall } from "./model-server/request.ts";
export type { RefusedRequest, RequestCheckOptions } from "./model-server/request-check.ts";
export { byModel } from "./model-server/scripts.ts";
export { type ModelServer, type ModelServerOptions, startModelServer } from "./model-server/server.ts";
export { cut, cutAmid, type Drip, drip, hang, hangAmid, late } from "./model-server/wire-faults.ts";
