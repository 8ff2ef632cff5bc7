import { allOf, type SummarizeOutcome, type Summarizer, type SummarizerRequest } from "@sessionfold/core";
import { agentSummarizer } from "@sessionfold/langchain";
import { type AgentMiddleware, createMiddleware } from "langchain";
import { triggerOf } from "../../support/config.ts";
import type { VirtualTime } from "../../support/virtual-time.ts";
import { checkFold, checkPaidOnce, checkRead } from "../checks/check-fold.ts";
import { checkWindow } from "../checks/check-window.ts";
import { recordsOn, stampedSummaries, unstampedSummaries } from "../checks/naive-log.ts";
import { type Books, callAtHand, type FilterCall } from "./books.ts";
import type { AgentFuzzConfig } from "./config.ts";
import type { Behaviour } from "./program.ts";
import { feedAtHand } from "./rig.ts";
import { contentOf, marked } from "./say.ts";

/** Milliseconds that a summary may take. */
const TIMEOUT = 1000;

/** What filters need to know of the run that they are in. */
export interface FilterWorld {
  readonly config: AgentFuzzConfig;
  readonly books: Books;
  /** Stands still unless a summarizer hangs; undefined where real timers run. */
  readonly time: VirtualTime | undefined;
  /** Who has said what, by message id. */
  readonly owners: Map<string, string>;
  /** While true nothing is due. */
  readonly isQuiet: boolean;
  readonly process: number;
  nextBehaviour(): Behaviour;
}

/** The filter of an agent, as an application sets it up. `given` is its option `agent`. */
export function filterOf(
  world: FilterWorld,
  name: string,
  scope: "thread" | "agent",
  given: string | undefined,
): AgentMiddleware {
  const { config, books } = world;
  const { trigger, keep, strategy, blockLimit, minEvents, minGain, role, maxCachedThreads } = config;
  return agentSummarizer({
    scope,
    ...(given !== undefined && { agent: name }),
    summarizer: scripted(world),
    trigger: allOf(() => !world.isQuiet, triggerOf(trigger)),
    keep,
    strategy,
    blockLimit,
    minEvents,
    minGain,
    summaryMessage: { role },
    maxCachedThreads,
    tokenCounter: (text) => text.length,
    mode: "inline",
    retry: false,
    breaker: false,
    timeoutMs: TIMEOUT,
    onOutcome: (outcome) => takeOutcome(world, outcome),
    logger: {
      warn: (message) =>
        books.check("warnings", () => {
          throw new Error(`A warning: ${message}`);
        }),
    },
  });
}

function takeOutcome({ books, owners, config }: FilterWorld, outcome: SummarizeOutcome): void {
  const kind =
    outcome.kind === "skipped"
      ? outcome.reason
      : outcome.kind === "failed"
        ? `failed: ${outcome.error.code}`
        : outcome.kind;
  books.counts[kind] = (books.counts[kind] ?? 0) + 1;
  if (outcome.kind !== "summarized") return;
  const { summary } = outcome;
  books.check("folds", () => {
    const made = books.of(summary.id);
    const isForced = summary.trigger === "force";
    checkFold(books, made, summary, owners, isForced ? undefined : config.keep);
    made.summary = summary;
    made.call.made.push(made);
  });
}

/** Stands around a filter: knows each of its calls, and looks at what comes back. */
export function before(world: FilterWorld, agent: string, scope: string | undefined): AgentMiddleware {
  const { books } = world;
  return createMiddleware({
    name: "before",
    wrapModelCall: (request, handler) => {
      const thread = request.runtime.configurable?.thread_id ?? "";
      const { process } = world;
      const call: FilterCall = {
        thread,
        agent,
        scope,
        process,
        input: [...request.messages],
        made: [],
        shown: [],
      };
      return callAtHand.run(call, async () => {
        const response = await handler(request);
        world.owners.set((response as { id?: string }).id ?? "", agent);
        books.check("answers", () => {
          const kept = recordsOn(response as never, call).map(({ id }) => id);
          const { id: answerId = "" } = response as { id?: string };
          for (const id of kept) books.handedOver.add(id);
          const before = books.carried.get(answerId) ?? kept;
          books.carried.set(
            answerId,
            kept.filter((id) => before.includes(id)),
          );
          const known = stampedSummaries(call.input, call, books);
          for (const { id } of unstampedSummaries(call.shown, known, call.input, books, {
            place: "last",
            absorbed: false,
          }))
            if (!kept.includes(id)) throw new Error("a summary that no message carries");
        });
        return response;
      });
    },
  });
}

/** Stands behind a filter: checks what goes out. */
export function behind({ books }: FilterWorld): AgentMiddleware {
  return createMiddleware({
    name: "behind",
    wrapModelCall: (request, handler) => {
      const call = callAtHand.getStore();
      if (call === undefined) throw new Error("A call outside of a filter");
      const { messages, systemMessage } = request;
      books.check("windows", () => {
        call.shown = checkWindow(books, call, { messages, systemText: systemMessage.text });
        const last = call.made.at(-1);
        if (last !== undefined && !call.shown.includes(last.id))
          throw new Error("a new summary is not in the window");
      });
      return handler(request);
    },
  });
}

/** What another middleware around the filter does with its handler. */
export function outer({ config }: FilterWorld): AgentMiddleware {
  return createMiddleware({
    name: "outer",
    wrapModelCall: async (request, handler) => {
      switch (config.outer) {
        case "calls once":
          return handler(request);
        case "calls twice":
          await handler(request);
          return handler(request);
        case "calls twice at once": {
          const [one, other] = await Promise.allSettled([handler(request), handler(request)]);
          if (one.status === "fulfilled") return one.value;
          if (other.status === "fulfilled") return other.value;
          throw one.reason;
        }
        case "retries":
          try {
            return await handler(request);
          } catch {
            return handler(request);
          }
      }
    },
  });
}

function scripted(world: FilterWorld): Summarizer {
  return {
    name: "scripted",
    model: "scripted",
    summarize: async (request) => ({ text: await write(world, request) }),
  };
}

async function write(world: FilterWorld, request: SummarizerRequest): Promise<string> {
  const { books, time } = world;
  const call = callAtHand.getStore();
  const feed = feedAtHand.getStore();
  if (call === undefined || feed === undefined) throw new Error("A summary outside of a call");
  const order = books.made.size;
  const marker = marked(`S${order}`, 0);
  books.made.set(request.id, {
    id: request.id,
    order,
    marker,
    call,
    read: request.events.map(({ id }) => id),
    previous: request.previous.map(({ id }) => id),
    contents: new Map(call.input.map((message) => [message.id ?? "", contentOf(message)])),
    changes: books.changes,
    summary: undefined,
  });
  books.check("requests", () => checkRead(books, call, request));
  if (world.config.maxCachedThreads > 1 && world.config.strategy !== "whole")
    books.check("paid once", () => checkPaidOnce(books, books.of(request.id)));
  switch (world.nextBehaviour()) {
    case "good":
      return marker;
    case "throws":
      throw new Error("the summarizer is down");
    case "empty":
      return " ";
    case "long":
      return `${marker} ${request.transcript} and more than that`;
    case "slow":
      for (let ticks = 0; ticks < 5; ticks++) await new Promise((resolve) => setImmediate(resolve));
      return marker;
    case "aborts":
      feed.controller.abort();
      await new Promise((resolve) => setImmediate(resolve));
      return marker;
    case "hangs":
      if (time === undefined) feed.controller.abort();
      else setImmediate(() => time.advance(TIMEOUT));
      return new Promise<string>(() => {});
  }
}
