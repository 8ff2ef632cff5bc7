import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { ChatOpenAI, type ChatOpenAIFields } from "@langchain/openai";
import { approximateCounter, type TokenCounter } from "@sessionfold/core";
import { type Answer, type Completion, type SaidAnswer, type ScriptLike, toCompletion } from "./answers.ts";
import { CallLog, type Exchange, type Gauges, type ModelCall } from "./calls.ts";
import { type Delivery, deliver, type FaultContext, soundDelivery } from "./delivery.ts";
import { errorDelivery } from "./http-errors.ts";
import { contextLengthDelivery } from "./http-faults.ts";
import { type CompletionRequest, type ReadRequest, readRequest } from "./request.ts";
import { type RefusedRequest, type RequestCheckOptions, refusalOf } from "./request-check.ts";
import { toScript } from "./scripts.ts";
import { tokenCount } from "./token-count.ts";

/** How a server behaves apart from its script. */
export interface ModelServerOptions extends RequestCheckOptions {
  /**
   * Tokens that a request may have, for all models or by the model's name; a longer one gets the context-length
   * error. Default: no limit.
   */
  readonly contextWindow?: number | Readonly<Record<string, number>>;
  /** Counts usage and the context window. Default core's `approximateCounter()`. */
  readonly tokenCounter?: TokenCounter;
  /** Counts the usage of answers that are plain strings, too, instead of saying `USAGE`. Default false. */
  readonly deriveUsage?: boolean;
  /**
   * Lets a client use a connection again. Default false: each answer closes its connection, so that a connection
   * that is still open belongs to a call that is still going on.
   */
  readonly keepAlive?: boolean;
}

/** A loopback server that speaks OpenAI's chat completions, plain and streamed, and plays a script. */
export interface ModelServer extends Gauges {
  /** Where it listens, with the version: "http://127.0.0.1:12345/v1". */
  readonly baseURL: string;
  /** Bodies of all requests, in the order of their arrival. */
  readonly requests: CompletionRequest[];
  /** The same requests with what belongs to them: headers, time, how the exchange ended. */
  readonly calls: readonly ModelCall[];
  /** Those of them that broke the message rules and got status 400. */
  readonly refused: readonly RefusedRequest[];
  /** LangChain's own client for it. It does not retry unless told to. */
  chat(fields?: ChatOpenAIFields): ChatOpenAI;
  /** Text of the messages of one role in a request, the latest by default. */
  said(role: "system" | "developer" | "user" | "assistant" | "tool", at?: number): string;
  /** Ends it, and the connections that are open. */
  close(): Promise<void>;
}

/**
 * Starts a server that plays a script: answers in turn, of which the last is repeated, or a function of the request
 * and the number of the call. A function that throws makes an answer with status 500. Requests that are refused or too
 * long are not shown to the script.
 */
export async function startModelServer(
  script: ScriptLike,
  options: ModelServerOptions = {},
): Promise<ModelServer> {
  const { tokenCounter = approximateCounter(), deriveUsage = false, keepAlive = false } = options;
  const requests: CompletionRequest[] = [];
  const refused: RefusedRequest[] = [];
  const answer = toScript(script);
  const count = tokenCount(tokenCounter);
  let played = 0;

  const server = createServer((request, response) => {
    const exchange = log.begin(request, response);
    if (!keepAlive) response.setHeader("connection", "close");
    reply(request, response, exchange).catch((error: unknown) => {
      if (exchange.gone.aborted) return;
      const message = error instanceof Error ? error.message : String(error);
      if (response.headersSent) response.destroy();
      else void deliver(errorDelivery(500, { message, type: "server_error" }), response, exchange.gone);
    });
  });
  const log = new CallLog(server, keepAlive);

  async function reply(
    request: IncomingMessage,
    response: ServerResponse,
    exchange: Exchange,
  ): Promise<void> {
    let raw = "";
    for await (const piece of request.setEncoding("utf8")) raw += piece;
    const delivery = await deliveryOf(request, raw, exchange);
    if (delivery.end === "cut") exchange.endedByServer();
    await deliver(delivery, response, exchange.gone);
  }

  async function deliveryOf(request: IncomingMessage, raw: string, exchange: Exchange): Promise<Delivery> {
    if (request.method !== "POST" || request.url !== "/v1/chat/completions")
      return errorDelivery(404, { message: `Invalid URL (${request.method} ${request.url})` });
    const read = readOrProblem(raw);
    if (read instanceof SyntaxError) return errorDelivery(400, { message: read.message });
    const { request: asked, sent } = read;
    requests.push(asked);
    exchange.record(raw, asked);
    const refusal = refusalOf(sent, options);
    if (refusal !== undefined) {
      refused.push({ request: asked, reason: refusal.error.message, problems: refusal.problems });
      return errorDelivery(400, refusal.error);
    }
    const limit = windowOf(asked.model, options.contextWindow);
    const tokens = limit === Number.POSITIVE_INFINITY ? 0 : count.request(asked);
    if (tokens > limit) return contextLengthDelivery({ limit, tokens });
    const given: Answer = await answer(asked, played++);
    return answered(given, asked);
  }

  function answered(given: Answer, asked: CompletionRequest): Delivery {
    const complete = (said: SaidAnswer): Completion => toCompletion(said, asked, count, deriveUsage);
    const sound = (said: SaidAnswer): Delivery => soundDelivery(complete(said), asked);
    if (typeof given === "string" || !("fault" in given)) return sound(given);
    const context: FaultContext = { request: asked, stream: asked.stream === true, complete, sound };
    return given.deliver(context);
  }

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const baseURL = `http://127.0.0.1:${port}/v1`;
  return {
    baseURL,
    requests,
    calls: log.calls,
    refused,
    openSockets: () => log.openSockets(),
    inProgress: () => log.inProgress(),
    get maxConcurrent() {
      return log.maxConcurrent;
    },
    arrived: (number) => log.arrived(number),
    idle: () => log.idle(),
    chat: (fields) =>
      new ChatOpenAI({
        model: "gpt-4o-mini",
        apiKey: "none",
        maxRetries: 0,
        configuration: { baseURL },
        ...fields,
      }),
    said: (role, at = -1) =>
      (requests.at(at)?.messages ?? [])
        .filter((message) => message.role === role)
        .map((message) => message.content)
        .join("\n"),
    close: () =>
      new Promise((resolve) => {
        log.closing();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function windowOf(model: string, windows: ModelServerOptions["contextWindow"]): number {
  const own = typeof windows === "object" && Object.hasOwn(windows, model) ? windows[model] : undefined;
  return own ?? (typeof windows === "number" ? windows : Number.POSITIVE_INFINITY);
}

function readOrProblem(raw: string): ReadRequest | SyntaxError {
  try {
    return readRequest(raw);
  } catch (error) {
    if (error instanceof SyntaxError) return error;
    throw error;
  }
}
