import type { SecretDetector } from "./secret-detector.ts";

const BEGIN = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/g;
const END = /-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/g;
/** What a key cut off before its end leaves: lines of base64, their ends also as `\n` in JSON or source. */
const BODY = /^(?:\s|\\+[nr]){0,8}(?:[A-Za-z0-9+/=]{16,}(?:\s|\\+[nr]){0,8})+/;
const KEY_TEXT = /[A-Za-z0-9+/]{30}/;
/** A key of 16,384 bits has about 13,000 characters, and some more in a ring. */
const LONGEST_KEY = 40_000;

/** A private key as PEM, with its lines; a marker line without a key behind it is left. */
export const PRIVATE_KEY: SecretDetector = {
  name: "private-key",
  redact(text, mark) {
    if (!text.includes("PRIVATE KEY")) return text;
    const parts: string[] = [];
    let done = 0;
    // The next end is looked up once for all the beginnings before it.
    let end: { from: number; to: number } | undefined = { from: -1, to: -1 };
    for (const match of text.matchAll(BEGIN)) {
      if (match.index < done) continue;
      const start = match.index + match[0].length;
      if (end !== undefined && end.from < start) end = find(text, start);
      const keyEnd = endOfKey(text, start, end);
      if (keyEnd === undefined) continue;
      parts.push(text.slice(done, match.index), mark("private-key"));
      done = keyEnd;
    }
    return parts.length === 0 ? text : parts.join("") + text.slice(done);
  },
};

function find(text: string, from: number): { from: number; to: number } | undefined {
  END.lastIndex = from;
  const match = END.exec(text);
  return match === null ? undefined : { from: match.index, to: END.lastIndex };
}

function endOfKey(
  text: string,
  start: number,
  end: { readonly from: number; readonly to: number } | undefined,
): number | undefined {
  if (end !== undefined && end.from - start <= LONGEST_KEY) {
    const next = text.indexOf("-----BEGIN", start);
    const isOwn = next < 0 || next > end.from;
    if (isOwn) return KEY_TEXT.test(text.slice(start, end.from)) ? end.to : undefined;
  }
  const [body = ""] = BODY.exec(text.slice(start, start + LONGEST_KEY)) ?? [];
  return KEY_TEXT.test(body) ? start + body.length : undefined;
}
