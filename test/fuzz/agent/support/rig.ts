import { AsyncLocalStorage } from "node:async_hooks";
import { type BaseMessage, ToolMessage } from "@langchain/core/messages";
import { type AgentMiddleware, createMiddleware } from "langchain";
import type { Flag, Step, ToolKind } from "./program.ts";
import { content, kwargsOf, marked } from "./say.ts";
import { stepAtHand } from "./scripted-model.ts";

/** How a run of an agent ended. */
export type RunEnd = "done" | "waiting" | "failed";

/** Where the messages of threads are kept, and agents run over them. */
export interface Rig {
  messages(thread: string): Promise<readonly BaseMessage[]>;
  /** Runs an agent: with what the user says, or on from where it stands. */
  run(thread: string, agent: number, says: readonly BaseMessage[] | "go on"): Promise<RunEnd>;
  /** Writes messages into the thread as somebody does who is no agent. */
  update(thread: string, messages: readonly BaseMessage[]): Promise<void>;
  /** Goes back by so many versions and goes on from there, with this change. */
  fork(
    thread: string,
    back: number,
    change: (messages: readonly BaseMessage[]) => BaseMessage[],
  ): Promise<void>;
}

/** What a rig is made of. */
export interface RigSetup {
  /** Names of the agents. */
  readonly agents: readonly string[];
  /** Middleware of an agent, as it is now. */
  readonly middleware: (agent: number) => readonly AgentMiddleware[];
  readonly stored: "objects" | "text";
}

/** One run of an agent: what its model and tools are to do. */
export interface Feed {
  readonly thread: string;
  /** Unique in the program: begins the names of all that the run says. */
  readonly serial: string;
  readonly callPrefix: (step: number) => string;
  readonly agent: string;
  readonly named: boolean;
  readonly steps: readonly Step[];
  readonly flag: Flag;
  readonly controller: AbortController;
  /** Whether each step went well, where another run of the same program has shown it. */
  readonly verdicts: ReadonlyMap<number, boolean> | undefined;
  readonly results: Map<number, boolean>;
  /** Results of tools that have crashed once, in all runs of one side. */
  readonly crashed: Set<string>;
  next: number;
  inFlight: number;
}

/** The run that the code at hand belongs to. */
export const feedAtHand: AsyncLocalStorage<Feed> = new AsyncLocalStorage();

const LAST: Step = { kind: "answers", calls: [], length: 10 };

/** Says for each model call which step it is. Stands outside of all other middleware. */
export function stepping(): AgentMiddleware {
  return createMiddleware({
    name: "stepping",
    wrapModelCall: (request, handler) => {
      const feed = feedAtHand.getStore();
      if (feed === undefined) throw new Error("A model call outside of a run");
      const at = feed.next++;
      const step = feed.steps[at] ?? LAST;
      const name = `${feed.serial}.${at}`;
      const inProgress = {
        step,
        name,
        callPrefix: feed.callPrefix(at),
        agent: feed.named ? feed.agent : undefined,
        signal: feed.controller.signal,
        verdict: feed.verdicts === undefined ? undefined : (feed.verdicts.get(at) ?? true),
        attempts: 0,
      };
      feed.inFlight++;
      return stepAtHand.run(inProgress, async () => {
        try {
          const response = await handler(request);
          // A graph takes no answer of a run that was called off.
          feed.controller.signal.throwIfAborted();
          feed.results.set(at, true);
          return response;
        } catch (error) {
          feed.results.set(at, false);
          throw error;
        } finally {
          feed.inFlight--;
        }
      });
    },
  });
}

/** Thrown by a tool that breaks down. */
export class ToolDown extends Error {}

/** Does what a call asks a tool for. Waiting for somebody's answer is the rig's. */
export function act(feed: Feed, args: { result: string; kind: ToolKind }, callId: string): ToolMessage {
  const { result, kind } = args;
  if (kind === "crash" && !feed.crashed.has(result)) {
    feed.crashed.add(result);
    throw new ToolDown(marked(result, 20));
  }
  return new ToolMessage({
    id: result,
    name: "act",
    tool_call_id: callId,
    content: content(result, result.endsWith(".r1") ? 11 : 12),
    status: kind === "error" ? "error" : "success",
    additional_kwargs: result.endsWith(".r0") ? kwargsOf(feed.flag) : {},
  });
}
