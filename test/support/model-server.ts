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
export type { Delivery, Fault, FaultContext } from "./model-server/delivery.ts";
export type { CompletionRequest, RequestMessage, WireToolCall } from "./model-server/request.ts";
export { type ModelServer, type ModelServerOptions, startModelServer } from "./model-server/server.ts";
