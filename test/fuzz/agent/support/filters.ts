import assert from "node:assert/strict";
import { allOf, type SummarizeOutcome } from "@sessionfold/core";
import { type AgentSummarizer, agentSummarizer, type FilterContext } from "@sessionfold/langchain";
import { type AgentMiddleware, createMiddleware } from "langchain";
import { triggerOf } from "../../support/config.ts";
import type { VirtualTime } from "../../support/virtual-time.ts";
import { checkFold } from "../checks/check-fold.ts";
import { checkWindow, summariesIn } from "../checks/check-window.ts";
import { recordsOn, stampedSummaries, unstampedSummaries } from "../checks/naive-log.ts";
import { type Books, callAtHand, type FilterCall, type Made } from "./books.ts";
import type { AgentFuzzConfig } from "./config.ts";
import type { HeldFolds } from "./held-folds.ts";
import type { Behaviour } from "./program.ts";
import { contentsOf } from "./say.ts";
import { scripted, TIMEOUT } from "./scripted-folds.ts";

/** Milliseconds that a call waits for a fold: less than a summary may take. */
export const LIMIT_WAIT = 400;

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
  /** Processes that were closed: their filters must not begin anything. */
  readonly closed: ReadonlySet<number>;
  /** Where folds in the background stand. */
  readonly held: HeldFolds;
  /** Summaries that are being written, each by whom and of what. */
  readonly running: Set<string>;
  nextBehaviour(): Behaviour;
}

/** How a filter is set up. */
export interface FilterSetup {
  /** Name of its agent. */
  readonly name: string;
  readonly scope: "thread" | "agent";
  /** Whether it is told the name by its option `agent`. */
  readonly isGiven: boolean;
  /** It only looks: nothing is ever due. */
  readonly isLook: boolean;
}

/** The filter of an agent, as an application sets it up. */
export function filterOf(world: FilterWorld, { name, scope, isGiven, isLook }: FilterSetup): AgentSummarizer {
  const { config, books, process } = world;
  const writer = { agent: name, scope: scope === "agent" ? name : undefined, process };
  const due = allOf(() => !world.isQuiet && !isLook, triggerOf(config.trigger));
  const { mode, maxConcurrentFolds } = config;
  const limit = { none: false, low: due, default: undefined }[config.limit] as typeof due | false | undefined;
  const { keep, strategy, blockLimit, minEvents, minGain, role, maxCachedThreads } = config;
  return agentSummarizer({
    scope,
    ...(isGiven && { agent: name }),
    summarizer: scripted(world, writer),
    trigger: due,
    keep,
    strategy,
    blockLimit,
    minEvents,
    minGain,
    summaryMessage: { role },
    maxCachedThreads,
    tokenCounter: (text) => text.length,
    mode,
    ...(mode === "background" && { limit, limitWaitMs: LIMIT_WAIT, maxConcurrentFolds }),
    retry: false,
    breaker: false,
    timeoutMs: TIMEOUT,
    onOutcome: (outcome, context) => takeOutcome(world, outcome, { ...context, process }),
    logger: {
      warn: (message) =>
        books.check("warnings", () => {
          throw new Error(`A warning: ${message}`);
        }),
    },
  });
}

function takeOutcome(
  world: FilterWorld,
  outcome: SummarizeOutcome,
  context: FilterContext & { readonly process: number },
): void {
  const { books, config } = world;
  const kind =
    outcome.kind === "skipped"
      ? outcome.reason
      : outcome.kind === "failed"
        ? `failed: ${outcome.error.code}`
        : outcome.kind;
  books.counts[kind] = (books.counts[kind] ?? 0) + 1;
  if (outcome.kind !== "summarized") return;
  const { summary } = outcome;
  const made = books.made.get(summary.id);
  if (made === undefined) return;
  const isInBackground = config.mode === "background" && callAtHand.getStore() === undefined;
  books.check(isInBackground ? "folds in the background" : "folds", () => {
    const keep = summary.trigger === "force" ? undefined : config.keep;
    made.summary = summary;
    if (!isInBackground) {
      checkFold(books, made, summary, world.owners, keep);
      made.call.made.push(made);
      return;
    }
    if (made.read.some((id) => id !== "hello"))
      assert.equal(context.threadId, made.call.thread, "a fold of another thread than it is said to be of");
    checkDetached(made, context.threadId, (call) => {
      made.call = call;
      made.contents = contentsOf(call);
      checkFold(books, made, summary, world.owners, keep);
    });
  });
  books.checkPutOff();
}

/** What is folded in the background belongs to one of the lists that its filter had seen of the thread when it began. */
function checkDetached(made: Made, threadId: string | undefined, check: (call: FilterCall) => void): void {
  const { coverage } = made.summary as NonNullable<Made["summary"]>;
  const lists = made.lists.filter((call) => {
    const here = contentsOf(call);
    return call.thread === threadId && [...coverage.direct, ...coverage.omitted].every((id) => here.has(id));
  });
  assert.ok(lists.length > 0, "a summary of what is in no list of its thread");
  made.lists = lists;
  const problems: unknown[] = [];
  for (const call of lists) {
    try {
      check(call);
      return;
    } catch (error) {
      problems.push(error);
    }
  }
  throw problems[0];
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
      books.calls.push(call);
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
export function behind({ books, config }: FilterWorld): AgentMiddleware {
  return createMiddleware({
    name: "behind",
    wrapModelCall: (request, handler) => {
      const call = callAtHand.getStore();
      if (call === undefined) throw new Error("A call outside of a filter");
      const sent = { messages: request.messages, systemText: request.systemMessage.text };
      const last = call.made.at(-1);
      const check = (): void => {
        call.shown = checkWindow(books, call, sent);
        if (config.mode === "background" && call.shown.length > 0) {
          books.counts["windows folded in the background"] ??= 0;
          books.counts["windows folded in the background"]++;
        }
        if (last !== undefined && !call.shown.includes(last.id))
          throw new Error("a new summary is not in the window");
      };
      books.onceKnown(summariesIn(books, sent), () => books.check("windows", check));
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
