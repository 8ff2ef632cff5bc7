import { type AIMessage, type BaseMessage, SystemMessage, type ToolMessage } from "@langchain/core/messages";
import { MemorySaver, messagesStateReducer } from "@langchain/langgraph";
import type { AgentMiddleware, ModelRequest, WrapModelCallHandler } from "langchain";
import type { ToolKind } from "./program.ts";
import { act, feedAtHand, type Rig, type RigSetup, type RunEnd } from "./rig.ts";
import { answeredBy, callsOf } from "./say.ts";
import { answerOf, ScriptedModel, stepAtHand } from "./scripted-model.ts";

/** Model calls of one run at most. */
const MOST_CALLS = 8;
const model = new ScriptedModel();
const { serde } = new MemorySaver();

/**
 * The loop of an agent around real middleware, without a graph: a hundred times as fast as `createAgent`. Its threads are
 * lists of versions, each changed by LangGraph's own reducer.
 */
export class PlainRig implements Rig {
  readonly #setup: RigSetup;
  readonly #versions = new Map<string, BaseMessage[][]>();

  constructor(setup: RigSetup) {
    this.#setup = setup;
  }

  async messages(thread: string): Promise<readonly BaseMessage[]> {
    return this.#versions.get(thread)?.at(-1) ?? [];
  }

  async update(thread: string, messages: readonly BaseMessage[]): Promise<void> {
    const now = [...(await this.messages(thread))];
    await this.#store(thread, messagesStateReducer(now, [...messages]));
  }

  async fork(
    thread: string,
    back: number,
    change: (messages: readonly BaseMessage[]) => BaseMessage[],
  ): Promise<void> {
    const versions = this.#versions.get(thread) ?? [];
    const from = versions[Math.max(0, versions.length - 1 - back)] ?? [];
    await this.#store(thread, messagesStateReducer([...from], change(from)));
  }

  async run(thread: string, agent: number, says: readonly BaseMessage[] | "go on"): Promise<RunEnd> {
    if (says !== "go on" && says.length > 0) await this.update(thread, says);
    let isAnswered = says === "go on";
    let mayAct = says === "go on";
    try {
      for (let calls = 0; calls < MOST_CALLS; ) {
        const messages = await this.messages(thread);
        const open = mayAct ? openCalls(messages) : [];
        if (open.length > 0) {
          const results = this.#act(open, isAnswered);
          if (results === "waiting") return "waiting";
          await this.update(thread, results);
        } else {
          const last = messages.at(-1);
          if (mayAct && last?.type === "ai" && callsOf(last).length === 0) return "done";
          await this.update(thread, [await this.#call(thread, agent, messages)]);
          calls++;
          isAnswered = false;
        }
        mayAct = true;
      }
      return "done";
    } catch {
      return "failed";
    }
  }

  #act(
    open: readonly { id?: string; args: unknown }[],
    isAnswered: boolean,
  ): readonly ToolMessage[] | "waiting" {
    const feed = feedAtHand.getStore();
    if (feed === undefined) throw new Error("A tool outside of a run");
    const asked = open.map(({ id = "", args }) => ({ id, args: args as { result: string; kind: ToolKind } }));
    if (!isAnswered && asked.some(({ args }) => args.kind === "asks")) return "waiting";
    return asked.map(({ id, args }) => act(feed, args, id));
  }

  async #call(thread: string, agent: number, messages: readonly BaseMessage[]): Promise<BaseMessage> {
    const request = requestOf(thread, messages, feedAtHand.getStore()?.controller.signal);
    const last: WrapModelCallHandler = async () => {
      const step = stepAtHand.getStore();
      if (step === undefined) throw new Error("A model call outside of a step");
      return answerOf(step);
    };
    const handler = this.#setup
      .middleware(agent)
      .reduceRight<WrapModelCallHandler>(
        (inner, each) => async (next) => (await callOf(each)(next as ModelRequest, inner)) as AIMessage,
        last,
      );
    return (await handler(request)) as AIMessage;
  }

  async #store(thread: string, messages: BaseMessage[]): Promise<void> {
    const versions = this.#versions.get(thread) ?? [];
    versions.push(this.#setup.stored === "text" ? await throughText(messages) : messages);
    this.#versions.set(thread, versions);
  }
}

/** A model call's middleware, to be called by hand. */
export function callOf(middleware: AgentMiddleware): NonNullable<AgentMiddleware["wrapModelCall"]> {
  const { wrapModelCall } = middleware;
  if (wrapModelCall === undefined) throw new Error("Expected a middleware with wrapModelCall");
  return wrapModelCall;
}

/** A request as `createAgent` makes it. */
export function requestOf(
  thread: string,
  messages: readonly BaseMessage[],
  signal: AbortSignal | undefined,
): ModelRequest {
  return {
    model,
    messages,
    state: { messages },
    systemMessage: new SystemMessage("You act."),
    systemPrompt: "You act.",
    tools: [],
    runtime: { configurable: { thread_id: thread }, signal, context: {} },
  } as unknown as ModelRequest;
}

/** New objects of the same messages, as a checkpointer makes them. */
export async function throughText(messages: readonly BaseMessage[]): Promise<BaseMessage[]> {
  const [type, bytes] = await serde.dumpsTyped(messages);
  return (await serde.loadsTyped(type, bytes)) as BaseMessage[];
}

/** Calls of the last AI message that no result behind it answers, where nobody has spoken since. */
function openCalls(messages: readonly BaseMessage[]): ReturnType<typeof callsOf> {
  const at = messages.findLastIndex(({ type }) => type === "ai");
  const call = messages[at];
  const after = messages.slice(at + 1);
  if (call === undefined || after.some(({ type }) => type !== "tool")) return [];
  const answered = new Set(after.map(answeredBy));
  return callsOf(call).filter(({ id }) => !answered.has(id));
}
