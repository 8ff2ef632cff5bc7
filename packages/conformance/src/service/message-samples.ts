import {
  AIMessage,
  type BaseMessage,
  ChatMessage,
  HumanMessage,
  SystemMessage,
  ToolMessage,
} from "@langchain/core/messages";

const PIXEL =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

/** Typed as less than it is: LangChain's types take usage only with a structure of messages that they infer themselves. */
const BILLED: { readonly content: string } = {
  content: "hi",
  ...{
    usage_metadata: {
      input_tokens: 10,
      output_tokens: 2,
      total_tokens: 12,
      input_token_details: { cache_read: 4 },
    },
  },
};

/** Messages of every kind that agents exchange, by what is special about them. */
export const MESSAGES: Readonly<Record<string, () => BaseMessage>> = {
  "a user's text": () => new HumanMessage({ content: "hello", id: "m-1", name: "dana" }),
  "a system line": () => new SystemMessage("Be brief."),
  "another role": () => new ChatMessage({ content: "psst", role: "prompter" }),
  "an answer with usage": () => new AIMessage(BILLED),
  "an answer with what the provider told": () =>
    new AIMessage({
      content: "hi",
      response_metadata: { model_name: "m", finish_reason: "stop", nested: { list: [1, null, "x"] } },
      additional_kwargs: { custom: { deep: [[{}]] } },
    }),
  "tool calls": () =>
    new AIMessage({
      content: "one moment",
      tool_calls: [
        { id: "c1", name: "search", args: { query: 'a "quoted" thing', limit: 3, nested: { on: true } } },
        { id: "c2", name: "search", args: {} },
      ],
    }),
  "calls that cannot be read": () =>
    new AIMessage({
      content: "",
      tool_calls: [{ id: "c1", name: "search", args: { q: 1 } }],
      invalid_tool_calls: [{ id: "c2", name: "search", args: '{"q": ', error: "Malformed args." }],
    }),
  "a result with an artifact": () =>
    new ToolMessage({
      content: "3 rows",
      tool_call_id: "c1",
      name: "search",
      artifact: { rows: [{ id: 1 }, { id: 2, tags: ["a", null] }], total: 2.5 },
    }),
  "a failed tool": () =>
    new ToolMessage({ content: "timed out", tool_call_id: "c2", name: "search", status: "error" }),
  "blocks of text": () =>
    new HumanMessage({
      content: [
        { type: "text", text: "first" },
        { type: "text", text: "" },
        { type: "text", text: "third" },
      ],
    }),
  "an image": () =>
    new HumanMessage({
      content: [
        { type: "text", text: "what is this?" },
        { type: "image_url", image_url: { url: `data:image/png;base64,${PIXEL}`, detail: "low" } },
      ],
    }),
  "reasoning and text": () =>
    new AIMessage({
      content: [
        { type: "thinking", thinking: "hm", signature: "c2ln" },
        { type: "text", text: "so" },
      ],
    }),
  "no text at all": () => new AIMessage(""),
};

/** Texts that encodings, templates and statements get wrong. */
export const TEXTS: readonly string[] = [
  "Grüße, 日本語, עברית, हिन्दी",
  "👩‍👩‍👧‍👦 and 🏳️‍🌈 and 𝒳",
  "e\u0301 is not \u00e9",
  "\ufeffmark \u200b \u2028 \u2029 \u0085 \u00a0",
  "\u0001\u0008\u000b\u001b[31m\u007f",
  "tab\tline\r\nline\rline\n",
  "'; DROP TABLE events; -- \" \\ \\u0041 \\0 %s $1 :name ?",
  "{{x}} {x} $x $& $' `x` <b>&amp;</b>",
  "  spaces around  ",
  "\uffff\u{10ffff}",
  "",
];
