import { head } from "./text.ts";

/**
 * The longest prefix of a ranking whose text is within the budget. `render(k)` writes the first `k` pieces; the counter may be a
 * slow tokenizer, so lengths are compared in characters and the counter is asked only to learn, and at the end to confirm,
 * how many characters of this very text a token takes.
 */
export function fitPrefix(
  count: number,
  render: (k: number) => string,
  maxTokens: number,
  countTokens: (text: string) => number,
  firstRatio = 4,
): string {
  if (count === 0 || maxTokens <= 0) return "";
  let charsPerToken = firstRatio;
  let known = -1;
  let best = "";
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const limit = Math.floor(maxTokens * charsPerToken);
    const k = longest(count, render, limit);
    if (k === known) break;
    known = k;
    const text = render(k);
    const used = countTokens(text);
    if (used <= maxTokens) {
      if (text.length > best.length) best = text;
      if (k === count || used >= maxTokens * 0.98) return best;
    }
    if (used > 0) charsPerToken = Math.max(0.1, (text.length / used) * (used > maxTokens ? 0.995 : 0.999));
  }
  if (best !== "") return best;
  // Not even one piece fits: the beginning of its line, without the date above it, if that says anything.
  const line = render(1).split("\n").at(-1) ?? "";
  const cut = clip(line, maxTokens, countTokens);
  return cut.length > line.indexOf(":") + 2 ? cut : "";
}

/** The largest `k` whose text has at most `limit` characters; text length grows with `k` but for a few characters. */
function longest(count: number, render: (k: number) => string, limit: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (render(middle).length <= limit) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The beginning of a text within the budget: for a budget so small that not even one piece fits. */
function clip(text: string, maxTokens: number, countTokens: (text: string) => number): string {
  let low = 0;
  let high = Math.min(text.length, maxTokens * 8);
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (countTokens(head(text, middle).trimEnd()) <= maxTokens) low = middle;
    else high = middle - 1;
  }
  const cut = head(text, low).trimEnd();
  // Half a word says nothing; scripts without spaces have none to give back.
  const space = low < text.length && /\S/.test(text.charAt(low)) ? cut.lastIndexOf(" ") : -1;
  return space > cut.length / 2 ? cut.slice(0, space) : cut;
}
