import type { CallbackHandlerMethods } from "@langchain/core/callbacks/base";

/** Processor time of this thread in milliseconds: what other processes do meanwhile does not count. */
export function processorTime(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** Measures the processor time that passes while at least one call of a model is under way. */
export class ModelTime {
  milliseconds = 0;
  #open = 0;
  #since = 0;

  /** To be given to the models. */
  readonly callbacks: CallbackHandlerMethods[] = [
    {
      handleChatModelStart: () => {
        if (this.#open++ === 0) this.#since = processorTime();
      },
      handleLLMEnd: () => this.#end(),
      handleLLMError: () => this.#end(),
    },
  ];

  #end(): void {
    if (--this.#open === 0) this.milliseconds += processorTime() - this.#since;
  }
}
