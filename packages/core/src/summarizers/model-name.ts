import type { ChatModel } from "./ask-model.ts";

/** The model within a runnable around it, such as `model.withRetry()` makes. */
export function unwrapped(model: ChatModel): ChatModel {
  const { bound } = model as { bound?: ChatModel | null };
  return bound ? unwrapped(bound) : model;
}

/** The name that a model was configured with; null where it has none. */
export function modelName(model: ChatModel): string | null {
  const { model: name, modelName: older } = model as { model?: unknown; modelName?: unknown };
  return typeof name === "string" ? name : typeof older === "string" ? older : null;
}

/** Reasoning models by their names, with or without a provider's prefix ("openai/gpt-5-mini"). */
const THINKS_BY_NAME =
  /(?:^|[/.:])(?:o\d|gpt-[5-9](?!-chat)|gpt-oss|deepseek-(?:reasoner|r\d)|qwq|qvq|magistral)|reasoner|reasoning|thinking/i;

/** Whether a model thinks before it answers: by its name, or since it was told to. */
export function thinks(model: ChatModel): boolean {
  const { reasoning, thinking } = model as { reasoning?: unknown; thinking?: { type?: unknown } };
  if (reasoning !== undefined || thinking?.type === "enabled") return true;
  const name = modelName(model) ?? "";
  return THINKS_BY_NAME.test(name) && !/non-?(?:reasoning|thinking)/i.test(name);
}
