const LINE_END = /\r\n|[\n\v\f\r\u0085\u2028\u2029]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it is there to find
const NOT_PART_OF_A_NAME = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g;
const INDENT = "  ";
const LONE_HALF = /\p{Surrogate}/gu;

/** The text with every line but the first indented, so that no line of it can pass for the beginning of an entry. */
export function indentFurtherLines(text: string): string {
  return text.replace(LINE_END, (end) => end + INDENT);
}

/** A name on one line: line ends and control characters become a space. */
export function singleLine(name: string): string {
  return name.replace(NOT_PART_OF_A_NAME, " ").trim();
}

/** Colons of other scripts, which a reader takes for the plain one. */
const COLON = /[:\ufe13\ufe55\uff1a\ua789\u2236](?=\s|$)/g;

/** Who speaks, as an entry begins with it: on one line, and without a colon that would end the name before its end. */
export function speakerName(name: string): string {
  return singleLine(name).replace(COLON, "");
}

const PLAIN_NAME = /^[\p{L}\p{N}_./:@#$-]+$/u;
const ROLE = /^(?:user|human|system|developer|assistant|agent|ai)(?::|$)/i;

/** The name of a tool, as an entry may begin with it: one that could pass for somebody who speaks is quoted; "" stays. */
export function toolName(name: string): string {
  const shown = speakerName(name);
  return shown === "" || (PLAIN_NAME.test(shown) && !ROLE.test(shown)) ? shown : `tool "${shown}"`;
}

/** The text with lone halves of surrogate pairs replaced: strict readers of JSON refuse a request that holds one. */
export function wholeCharacters(text: string): string {
  return text.replace(LONE_HALF, "\ufffd");
}
