import { AsyncLocalStorage } from "node:async_hooks";
import { BaseChatModel } from "@langchain/core/language_models/chat_models";
import { AIMessage, type BaseMessage } from "@langchain/core/messages";
import type { ChatResult } from "@langchain/core/outputs";
import type { Step } from "./program.ts";
import { marked } from "./say.ts";

/** A step of a turn while the model is asked for it, once or more often. */
export interface StepInProgress {
  readonly step: Step;
  /** Unique in a run: it becomes the answer's id and marker. */
  readonly name: string;
  readonly callPrefix: string;
  readonly agent: string | undefined;
  readonly signal: AbortSignal;
  /** Set where it is known in advance whether the step goes well. */
  readonly verdict: boolean | undefined;
  attempts: number;
}

/** The step that the code at hand works for. */
export const stepAtHand: AsyncLocalStorage<StepInProgress> = new AsyncLocalStorage();

/** A chat model that does what the step at hand says, whatever it is sent. */
export class ScriptedModel extends BaseChatModel {
  readonly model = "scripted";

  constructor() {
    super({});
  }

  _llmType(): string {
    return "scripted";
  }

  override bindTools(): this {
    return this;
  }

  override async _generate(_messages: BaseMessage[]): Promise<ChatResult> {
    const at = stepAtHand.getStore();
    if (at === undefined) throw new Error("The model was called outside of a step");
    const message = await answerOf(at);
    return { generations: [{ text: message.text, message }] };
  }
}

/** The answer of a step. */
export async function answerOf(at: StepInProgress): Promise<AIMessage> {
  const { step, name, callPrefix, agent } = at;
  const attempt = at.attempts++;
  at.signal.throwIfAborted();
  if (at.verdict === false) throw new Error("the model is down");
  if (at.verdict === undefined) {
    if (step.kind === "fails" || (step.kind === "fails once" && attempt === 0))
      throw new Error("the model is down");
    if (step.kind === "overflows" && attempt === 0)
      throw Object.assign(new Error("too long"), { code: "context_length_exceeded" });
  }
  return new AIMessage({
    id: name,
    content: step.kind === "blank" ? "" : marked(name, step.length),
    ...(agent !== undefined && { name: agent }),
    tool_calls: step.calls.map((kind, call) => ({
      id: `${callPrefix}${call}`,
      name: "act",
      // One question at a time: a run that waits for two answers would have to be told which is which.
      args: {
        result: `${name}.r${call}`,
        kind: kind === "asks" && step.calls.indexOf("asks") < call ? "good" : kind,
      },
    })),
  });
}
