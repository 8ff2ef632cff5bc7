const LONE_SURROGATE = /\p{Surrogate}/gu;
// Control characters but tab and line ends; a NUL breaks stores and terminals.
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it removes
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g;

// Colours and cursor moves of a terminal.
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it removes
const ANSI = /\u001b\[[0-9;?]{0,16}[A-Za-z]/g;

/** The text without terminal codes and control characters and with lone surrogates replaced, so that any store and any wire takes it. */
export function wellFormed(text: string): string {
  return text.replace(ANSI, "").replace(LONE_SURROGATE, "\ufffd").replace(CONTROL, " ");
}

/** `[0, end)` of a text, one character less where the cut would split a surrogate pair. */
export function head(text: string, end: number): string {
  if (end >= text.length) return text;
  if (end <= 0) return "";
  const code = text.charCodeAt(end - 1);
  return text.slice(0, code >= 0xd800 && code <= 0xdbff ? end - 1 : end);
}

/** The text, or its beginning and an ellipsis, within `limit` characters; prefers to end after a word. */
export function shorten(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const cut = head(text, limit - 1);
  const space = cut.lastIndexOf(" ");
  return `${(space > limit * 0.6 ? cut.slice(0, space) : cut).trimEnd()}…`;
}

/** Both ends of a very long text: what one item may cost is bounded, whatever a tool returned. */
export function bounded(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const front = Math.floor(limit * 0.75);
  return `${head(text, front)}\n${text.slice(text.length - (limit - front))}`;
}

/** Runs of white space as one space. */
export function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
