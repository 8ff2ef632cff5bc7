/** A call of a tool, as it travels in an assistant message. */
export interface WireToolCall {
  readonly id: string;
  readonly type: "function";
  readonly function: { readonly name: string; readonly arguments: string };
}

/** One message of a request. */
export interface RequestMessage {
  readonly role: string;
  /** Its text: parts are joined, and what was sent as null is "". */
  readonly content: string;
  readonly name?: string;
  readonly tool_calls?: readonly WireToolCall[];
  readonly tool_call_id?: string;
}

/** The body of a request for a chat completion, as far as tests look at it. */
export interface CompletionRequest {
  readonly model: string;
  readonly messages: readonly RequestMessage[];
  readonly max_tokens?: number;
  readonly max_completion_tokens?: number;
  readonly temperature?: number;
  readonly stream?: boolean;
  readonly stream_options?: { readonly include_usage?: boolean };
  readonly tools?: readonly { readonly type: string; readonly function: { readonly name: string } }[];
}

/** A message before its content is made text. */
export type SentMessage = Omit<RequestMessage, "content"> & { readonly content?: unknown };

/** A request, as tests read it and as it was sent. */
export interface ReadRequest {
  readonly request: CompletionRequest;
  readonly sent: readonly SentMessage[];
}

/** Reads a request's body. Throws a `SyntaxError` where it is no JSON object with a list of messages. */
export function readRequest(raw: string): ReadRequest {
  const body = JSON.parse(raw) as Omit<CompletionRequest, "messages"> & { messages: readonly SentMessage[] };
  if (typeof body !== "object" || body === null || !Array.isArray(body.messages))
    throw new SyntaxError("Expected a JSON object with a list of messages");
  const messages = body.messages.map((message) => ({ ...message, content: textOf(message.content) }));
  return { request: { ...body, messages }, sent: body.messages };
}

function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  const texts = content.map((part: unknown) => (part as { text?: unknown } | null)?.text);
  return texts.filter((text) => typeof text === "string").join("\n");
}
