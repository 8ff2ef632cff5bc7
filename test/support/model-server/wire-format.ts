import type { Completion, Usage } from "./answers.ts";

/** A piece of a streamed text is at least so long, and no text is more than so many pieces. */
const SHORTEST_PIECE = 8;
const MOST_PIECES = 64;

/** The body of a plain response. */
export function completionJson(said: Completion): object {
  const { id, created, model, content, refusal, toolCalls, finishReason, usage } = said;
  const calls = toolCalls.length > 0 ? { tool_calls: toolCalls } : {};
  const message = { role: "assistant", content, refusal, ...calls };
  return {
    id,
    object: "chat.completion",
    created,
    model,
    choices: [{ index: 0, message, logprobs: null, finish_reason: finishReason }],
    usage: wireUsage(usage),
  };
}

/** The chunks of a streamed response, in order; with the usage as a last one without choices if it is asked for. */
export function completionChunks(said: Completion, includeUsage: boolean): readonly object[] {
  const { content, refusal, toolCalls, finishReason, usage } = said;
  const deltas: object[] = [{ role: "assistant", content: content === null ? null : "" }];
  for (const piece of pieces(content ?? "")) deltas.push({ content: piece });
  for (const piece of pieces(refusal ?? "")) deltas.push({ refusal: piece });
  for (const [index, { id, type, function: called }] of toolCalls.entries()) {
    const start = { index, id, type, function: { name: called.name, arguments: "" } };
    deltas.push({ tool_calls: [start] });
    for (const piece of pieces(called.arguments))
      deltas.push({ tool_calls: [{ index, function: { arguments: piece } }] });
  }
  const chunks = deltas.map((delta) => chunk(said, [{ index: 0, delta, finish_reason: null }]));
  chunks.push(chunk(said, [{ index: 0, delta: {}, finish_reason: finishReason }]));
  if (includeUsage) chunks.push({ ...chunk(said, []), usage: wireUsage(usage) });
  return chunks;
}

/** One server-sent event. */
export function sseEvent(data: object | string): string {
  return `data: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`;
}

/** The event that ends a stream. */
export const DONE: string = sseEvent("[DONE]");

/** A chunk with these choices. */
export function chunk({ id, created, model }: Completion, choices: readonly object[]): object {
  return { id, object: "chat.completion.chunk", created, model, choices };
}

function wireUsage({ inputTokens, outputTokens, totalTokens }: Usage): object {
  return { prompt_tokens: inputTokens, completion_tokens: outputTokens, total_tokens: totalTokens };
}

/** The text in pieces, none of which ends between the halves of a character. */
function pieces(text: string): readonly string[] {
  const size = Math.max(SHORTEST_PIECE, Math.ceil(text.length / MOST_PIECES));
  const cut: string[] = [];
  for (let from = 0; from < text.length; ) {
    let to = from + size;
    if (/[\uD800-\uDBFF]/.test(text[to - 1] ?? "")) to++;
    cut.push(text.slice(from, to));
    from = to;
  }
  return cut;
}
