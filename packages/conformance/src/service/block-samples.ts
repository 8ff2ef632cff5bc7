import {
  AIMessage,
  type BaseMessage,
  type ContentBlock,
  HumanMessage,
  type MessageContent,
  SystemMessage,
  ToolMessage,
} from "@langchain/core/messages";

/** Blocks as providers have them, which LangChain's types do not all know. */
function blocks(...content: readonly Readonly<Record<string, unknown>>[]): MessageContent {
  return content as unknown as ContentBlock[];
}

/** Messages whose content is a list, by what is special about them. */
export const BLOCK_MESSAGES: Readonly<Record<string, () => BaseMessage>> = {
  "an empty list": () => new HumanMessage({ content: [] }),
  "texts with notes on them": () =>
    new SystemMessage({
      content: blocks(
        { type: "text", text: "  Be brief. ", cache_control: { type: "ephemeral" } },
        { type: "text", text: "\n", annotations: [{ url: "https://example.com/?a=1&b", start: 0 }] },
      ),
    }),
  "a result of blocks": () =>
    new ToolMessage({
      content: blocks(
        { type: "text", text: "3 rows" },
        { type: "image_url", image_url: "data:image/png;base64,AA==" },
      ),
      tool_call_id: "c1",
      name: "search",
      id: "m-9",
    }),
  "calls as blocks": () =>
    new AIMessage({
      content: blocks(
        { type: "text", text: "one moment" },
        { type: "tool_use", id: "c1", name: "search", input: { q: "x", list: [[], {}, null, 0, false, ""] } },
      ),
      tool_calls: [{ id: "c1", name: "search", args: { q: "x", list: [[], {}, null, 0, false, ""] } }],
    }),
  "reasoning with its signature": () =>
    new AIMessage({
      content: blocks(
        { type: "reasoning", reasoning: "hm", index: 0, extras: { signature: "c2lnbg==", encrypted: null } },
        { type: "redacted_thinking", data: "////" },
        { type: "text", text: "so" },
      ),
    }),
  "files, sounds and what nobody knows": () =>
    new HumanMessage({
      content: blocks(
        { type: "file", mimeType: "application/pdf", data: "JVBERi0=", metadata: { name: "a/b.pdf" } },
        { type: "input_audio", input_audio: { data: "UklGRg==", format: "wav" } },
        { type: "vendor.custom", nested: { "": [{ "a.b": 1 }] }, flag: false },
      ),
    }),
};

/** Numbers that columns of their own kind would round, widen or write otherwise. */
export const NUMBERS: readonly number[] = [
  0,
  1,
  -1,
  0.1,
  0.1 + 0.2,
  1.5,
  1e21,
  -1e21,
  1e-7,
  123_456_789.123_456_78,
  Number.MAX_SAFE_INTEGER,
  Number.MIN_SAFE_INTEGER,
  2 ** 53 + 2,
  2 ** 63,
  Number.MAX_VALUE,
  Number.MIN_VALUE,
  Number.EPSILON,
  4_294_967_296,
  16_777_217,
];

/** Times at which events may be said to have happened, in milliseconds since the epoch. */
export const TIMES: readonly number[] = [
  0,
  -1,
  1,
  999,
  -62_135_596_800_001,
  1_700_000_000_001,
  1_700_000_000_000.5,
  1_700_000_000_000.000_2,
  253_402_300_800_000,
  8_640_000_000_000_001,
  Number.MAX_SAFE_INTEGER,
];
