import {
  AIMessage,
  type AIMessageFields,
  type BaseMessage,
  HumanMessage,
  SystemMessage,
  ToolMessage,
  type UsageMetadata,
} from "@langchain/core/messages";
import {
  describe,
  isObject,
  type JsonObject,
  optionalList,
  optionalText,
  readEach,
  requiredText,
  toolArguments,
} from "./json.ts";
import { ShapeError, type Transcript, type TranscriptEvent } from "./transcript.ts";

/** Whether a value is a session of the neutral form: `{ id, events: [{ author, text, ... }] }`. */
export function isNeutralSession(value: unknown): value is JsonObject {
  return isObject(value) && "events" in value;
}

/**
 * Reads a session of the neutral form.
 * @throws ShapeError that names the event and the field.
 */
export function readNeutralSession(session: JsonObject, fallbackId: string): Transcript {
  const list = session.events;
  if (!Array.isArray(list))
    throw new ShapeError(`Expected \`events\` to be a list, got ${describe(list)}`, ["events"]);
  try {
    return { id: optionalText(session, "id") || fallbackId, events: readEach(list, "event", readEvent) };
  } catch (error) {
    if (error instanceof ShapeError) throw new ShapeError(error.message, ["events", ...error.path]);
    throw error;
  }
}

function readEvent(event: JsonObject): TranscriptEvent {
  const author = requiredText(event, "author");
  const name = optionalText(event, "name");
  const timestamp = timestampOf(event.timestamp);
  return {
    // An assistant with a name speaks under it; users stay "user", since their events start turns.
    author: author === "assistant" ? (name ?? author) : author,
    message: messageOf(event, author, name),
    ...(timestamp !== undefined && { timestamp }),
  };
}

function messageOf(event: JsonObject, author: string, name: string | undefined): BaseMessage {
  const named = name === undefined ? {} : { name };
  const calls = optionalList(event, "toolCalls");
  const content = calls.length > 0 ? (optionalText(event, "text") ?? "") : requiredText(event, "text");
  if (calls.length > 0 && author !== "assistant")
    throw new ShapeError(`Expected \`toolCalls\` at an assistant's event only, got some at "${author}"`);
  switch (author) {
    case "assistant": {
      const model = optionalText(event, "model");
      const usage = usageOf(event.usage);
      const fields: AIMessageFields = {
        content,
        ...named,
        tool_calls: readEach(calls, "tool call", readCall),
      };
      // LangChain's type of this field comes out as `never` for a message without a structure of its own.
      if (usage !== undefined) Object.assign(fields, { usage_metadata: usage });
      if (model !== undefined) fields.response_metadata = { model_name: model };
      return new AIMessage(fields);
    }
    case "tool":
      return new ToolMessage({ content, tool_call_id: requiredText(event, "toolCallId"), ...named });
    case "system":
      return new SystemMessage({ content, ...named });
    default:
      // Consoles, editors and other bystanders are told to a model in the user's role.
      return new HumanMessage({ content, ...named });
  }
}

function readCall(call: JsonObject) {
  return {
    type: "tool_call" as const,
    id: requiredText(call, "id"),
    name: requiredText(call, "name"),
    args: toolArguments(call.args),
  };
}

function usageOf(value: unknown): UsageMetadata | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isObject(value)) throw new ShapeError(`Expected \`usage\` to be an object, got ${describe(value)}`);
  const figure = (field: string): number => {
    const tokens = value[field] ?? 0;
    if (typeof tokens === "number" && tokens >= 0) return tokens;
    throw new ShapeError(`Expected \`usage.${field}\` to be a number from 0 on, got ${describe(tokens)}`);
  };
  // The provider read all three; where they came from matters to the bill only.
  const input = figure("input") + figure("cacheRead") + figure("cacheWrite");
  const output = figure("output");
  return { input_tokens: input, output_tokens: output, total_tokens: input + output };
}

function timestampOf(value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  // A time without a zone would otherwise mean another moment on another machine.
  const zoned = typeof value === "string" && /T[\d:.]+$/.test(value) ? `${value}Z` : value;
  const parsed = typeof zoned === "string" ? Date.parse(zoned) : Number.NaN;
  if (Number.isNaN(parsed))
    throw new ShapeError(`Expected \`timestamp\` to be a date or milliseconds, got ${describe(value)}`);
  return parsed;
}
