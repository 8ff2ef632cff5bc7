const TAG = "(think|thinking|thought|thoughts|reasoning)";
/** A block that begins a line; one without an end is all there is. */
const BLOCK = new RegExp(`^[^\\S\\n]*<${TAG}>(?:[\\s\\S]*?</\\1>|(?![\\s\\S]*</\\1>)[\\s\\S]*)`, "gim");
/** Some chat templates open the block for the model, so that its answer holds the end only, on a line of its own. */
const END = new RegExp(`^[^\\S\\n]*</${TAG}>[^\\S\\n]*$`, "im");

/**
 * An answer without the thoughts that a model wrote into it, between tags such as `<think>`. Text that only speaks of
 * such a tag stays.
 */
export function withoutThoughts(text: string): string {
  if (!text.includes("<")) return text;
  const answer = text.replace(BLOCK, "");
  const end = END.exec(answer);
  return (end === null ? answer : answer.slice(end.index + end[0].length)).trim();
}
