import type { ChatModel } from "@sessionfold/core";
import { UserError } from "./user-error.ts";

/**
 * The model that `--model` names, at OpenAI or whatever OPENAI_BASE_URL points to.
 * @throws UserError without a key.
 */
export async function openAiModel(name: string, env: NodeJS.ProcessEnv): Promise<ChatModel> {
  const apiKey = env.OPENAI_API_KEY;
  if (apiKey === undefined || apiKey === "") {
    throw new UserError(
      "--model needs OPENAI_API_KEY in the environment (any text will do for a server that asks for none). " +
        "Without --model no key is needed.",
    );
  }
  const baseURL = env.OPENAI_BASE_URL;
  // Loaded here, because the demo should start at once when no model is asked for.
  const { ChatOpenAI } = await import("@langchain/openai");
  return new ChatOpenAI({
    model: name,
    apiKey,
    maxRetries: 2,
    ...(baseURL && { configuration: { baseURL } }),
  });
}
