import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { ChatOpenAI, type ChatOpenAIFields } from "@langchain/openai";

/** The body of a request for a chat completion, as far as tests look at it. */
export interface CompletionRequest {
  readonly model: string;
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly max_tokens?: number;
  readonly max_completion_tokens?: number;
}

/** Tokens that the server says a call cost. */
export const USAGE = { inputTokens: 1000, outputTokens: 10, totalTokens: 1010 } as const;

/** An answer: its text, or the text and why it ended there. */
export type Answer = string | { readonly content: string; readonly finishReason: "stop" | "length" };

/** What to answer to a request; `call` is 0 for the first. */
export type Script = (request: CompletionRequest, call: number) => Answer | Promise<Answer>;

/** A loopback server that speaks OpenAI's chat completions. */
export interface ModelServer {
  /** Bodies of all requests, in the order of their arrival. */
  readonly requests: CompletionRequest[];
  /** LangChain's own client for it. */
  chat(fields?: ChatOpenAIFields): ChatOpenAI;
  /** Text of the messages of one role in a request, the latest by default. */
  said(role: "system" | "developer" | "user", at?: number): string;
  /** Ends it, and the connections that are open. */
  close(): Promise<void>;
}

/** Starts a server that answers by a script: texts in turn, of which the last is repeated, or a function. */
export async function startModelServer(script: Script | readonly Answer[]): Promise<ModelServer> {
  const requests: CompletionRequest[] = [];
  const answer: Script =
    typeof script === "function" ? script : (_, call) => script[Math.min(call, script.length - 1)] ?? "";
  const server = createServer((request, response) => {
    reply(request, response).catch((error: unknown) => {
      response.writeHead(500, { "content-type": "application/json" });
      response.end(JSON.stringify({ error: { message: String(error) } }));
    });
  });
  async function reply(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== "POST" || request.url !== "/v1/chat/completions")
      throw new Error(`Unexpected ${request.method} ${request.url}`);
    let body = "";
    for await (const piece of request.setEncoding("utf8")) body += piece;
    const asked = JSON.parse(body) as CompletionRequest;
    requests.push(asked);
    const content = await answer(asked, requests.length - 1);
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify(completion(asked.model, content)));
  }
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    requests,
    chat: (fields) =>
      new ChatOpenAI({
        model: "gpt-4o-mini",
        apiKey: "none",
        maxRetries: 0,
        configuration: { baseURL: `http://127.0.0.1:${port}/v1` },
        ...fields,
      }),
    said: (role, at = -1) =>
      (requests.at(at)?.messages ?? [])
        .filter((message) => message.role === role)
        .map((message) => message.content)
        .join("\n"),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function completion(model: string, answer: Answer): object {
  const { content, finishReason } =
    typeof answer === "string" ? { content: answer, finishReason: "stop" } : answer;
  return {
    id: "chatcmpl-1",
    object: "chat.completion",
    created: 0,
    model,
    choices: [{ index: 0, finish_reason: finishReason, message: { role: "assistant", content } }],
    usage: {
      prompt_tokens: USAGE.inputTokens,
      completion_tokens: USAGE.outputTokens,
      total_tokens: USAGE.totalTokens,
    },
  };
}
