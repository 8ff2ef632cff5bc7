/** What LangChain's models call their providers, and what OpenTelemetry's conventions call them. */
const PROVIDERS: Readonly<Record<string, string>> = {
  amazon_bedrock: "aws.bedrock",
  anthropic: "anthropic",
  aws: "aws.bedrock",
  azure: "azure.ai.openai",
  azure_openai: "azure.ai.openai",
  bedrock: "aws.bedrock",
  cohere: "cohere",
  deepseek: "deepseek",
  google_genai: "gcp.gemini",
  google_vertexai: "gcp.vertex_ai",
  groq: "groq",
  ibm: "ibm.watsonx.ai",
  mistral: "mistral_ai",
  mistralai: "mistral_ai",
  openai: "openai",
  perplexity: "perplexity",
  vertexai: "gcp.vertex_ai",
  xai: "x_ai",
};

/** The provider of a LangChain chat model, by OpenTelemetry's name where there is one; undefined where it does not say. */
export function providerOf(model: object): string | undefined {
  const { getLsParams } = model as { getLsParams?: (options: object) => { ls_provider?: unknown } };
  if (typeof getLsParams !== "function") return undefined;
  let said: unknown;
  try {
    said = getLsParams.call(model, {}).ls_provider;
  } catch {
    // A model that wants more than that to say whose it is.
    return undefined;
  }
  if (typeof said !== "string" || said === "") return undefined;
  const name = said.toLowerCase().replaceAll("-", "_");
  return PROVIDERS[name] ?? name;
}
