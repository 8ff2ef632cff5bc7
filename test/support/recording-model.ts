import type { CallbackManagerForLLMRun } from "@langchain/core/callbacks/manager";
import { SimpleChatModel } from "@langchain/core/language_models/chat_models";
import { AIMessage, type BaseMessage, type MessageContent } from "@langchain/core/messages";
import type { ChatResult } from "@langchain/core/outputs";
import { FakeListChatModel } from "@langchain/core/utils/testing";

/** A real LangChain chat model with answers written in advance, in turn; it keeps the messages it was given. */
export class RecordingModel extends FakeListChatModel {
  readonly model = "recording-model";
  readonly requests: (readonly BaseMessage[])[] = [];

  constructor(...responses: readonly string[]) {
    super({ responses: responses.length > 0 ? [...responses] : ["SUM"] });
  }

  override _generate(
    messages: BaseMessage[],
    options?: this["ParsedCallOptions"],
    runManager?: CallbackManagerForLLMRun,
  ): Promise<ChatResult> {
    this.requests.push([...messages]);
    return super._generate(messages, options, runManager);
  }

  /** The user's message of a request, the latest by default; "" where there is none. */
  prompt(at = -1): string {
    return textOfType(this.requests.at(at), "human");
  }

  /** The system message of a request, the latest by default; undefined where there is none. */
  system(at = -1): string | undefined {
    return this.requests.at(at)?.some((message) => message.type === "system")
      ? textOfType(this.requests.at(at), "system")
      : undefined;
  }
}

/** A chat model that answers with content blocks, as many providers do. */
export class BlockModel extends SimpleChatModel {
  readonly #content: MessageContent;

  constructor(content: MessageContent) {
    super({});
    this.#content = content;
  }

  _llmType(): string {
    return "blocks";
  }

  async _call(): Promise<string> {
    throw new Error("_generate answers");
  }

  override async _generate(): Promise<ChatResult> {
    return { generations: [{ text: "", message: new AIMessage({ content: this.#content }) }] };
  }
}

function textOfType(messages: readonly BaseMessage[] | undefined, type: string): string {
  return (messages ?? [])
    .filter((message) => message.type === type)
    .map((message) => message.text)
    .join("\n");
}
