import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { CompletionRequest } from "./request.ts";

/** One call as the server saw it. */
export interface ModelCall {
  /** What was asked. */
  readonly body: CompletionRequest;
  /** The body as it was sent, byte for byte. */
  readonly raw: string;
  readonly headers: IncomingHttpHeaders;
  /** When its head arrived, in milliseconds since the epoch. */
  readonly at: number;
  /** The status that was sent; undefined while nothing is sent yet. */
  readonly status: number | undefined;
  /** Whether the client closed the connection before the answer was complete. */
  readonly aborted: boolean;
  /** Whether the exchange is over: answered, cut or aborted. */
  readonly over: boolean;
}

/** Figures of the connections and exchanges of a server. */
export interface Gauges {
  /** Connections that are open now. */
  openSockets(): number;
  /** Requests whose exchange is not over now. */
  inProgress(): number;
  /** The most requests that were ever in progress at once. */
  readonly maxConcurrent: number;
  /** Resolves when so many requests have arrived since the start. */
  arrived(count: number): Promise<void>;
  /**
   * Resolves when no request is in progress and, unless connections are kept alive, none is open. Resolves at once
   * when that is so already.
   */
  idle(): Promise<void>;
}

/** An exchange while it goes on. */
export interface Exchange {
  /** Aborted when the exchange is over, whoever ended it. */
  readonly gone: AbortSignal;
  /** Makes it a call, once its body is read. */
  record(raw: string, body: CompletionRequest): ModelCall;
  /** To be called before the server itself cuts the connection, so that the client is not blamed for it. */
  endedByServer(): void;
}

/** Keeps the calls of a server, and its gauges. */
export class CallLog implements Gauges {
  readonly calls: ModelCall[] = [];
  maxConcurrent = 0;
  readonly #sockets = new Set<Socket>();
  readonly #exchanges = new Set<object>();
  readonly #waiting: { readonly isSo: () => boolean; readonly resolve: () => void }[] = [];
  readonly #keepAlive: boolean;
  #closing = false;

  constructor(server: Server, keepAlive: boolean) {
    this.#keepAlive = keepAlive;
    server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => {
        this.#sockets.delete(socket);
        this.#tellWaiting();
      });
    });
  }

  openSockets(): number {
    return this.#sockets.size;
  }

  inProgress(): number {
    return this.#exchanges.size;
  }

  arrived(count: number): Promise<void> {
    return this.#until(() => this.calls.length >= count);
  }

  idle(): Promise<void> {
    return this.#until(() => this.#exchanges.size === 0 && (this.#keepAlive || this.#sockets.size === 0));
  }

  /** Connections that end from now on are ended by the server. */
  closing(): void {
    this.#closing = true;
  }

  /** Begins an exchange. */
  begin({ headers }: IncomingMessage, response: ServerResponse): Exchange {
    const at = Date.now();
    const controller = new AbortController();
    const exchange = {};
    let byServer = false;
    let aborted = false;
    this.#exchanges.add(exchange);
    this.maxConcurrent = Math.max(this.maxConcurrent, this.#exchanges.size);
    response.once("close", () => {
      aborted = !response.writableFinished && !byServer && !this.#closing;
      this.#exchanges.delete(exchange);
      controller.abort();
      this.#tellWaiting();
    });
    return {
      gone: controller.signal,
      record: (raw, body) => {
        const call: ModelCall = {
          body,
          raw,
          headers,
          at,
          get status() {
            return response.headersSent ? response.statusCode : undefined;
          },
          get aborted() {
            return aborted;
          },
          get over() {
            return controller.signal.aborted;
          },
        };
        this.calls.push(call);
        this.#tellWaiting();
        return call;
      },
      endedByServer: () => {
        byServer = true;
      },
    };
  }

  #until(isSo: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push({ isSo, resolve });
      this.#tellWaiting();
    });
  }

  #tellWaiting(): void {
    for (const waiting of this.#waiting.splice(0)) {
      if (waiting.isSo()) waiting.resolve();
      else this.#waiting.push(waiting);
    }
  }
}
