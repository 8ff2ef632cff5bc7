import { endOfRun, type SecretDetector } from "./secret-detector.ts";
import { isSecretValue } from "./secret-value.ts";

const PASSWORD = "pass(?:word|wd|phrase|code)|pwd|credential";
const MACHINE_KEY = [
  "(?:api|access|account|private|secret|encryption|signing|master|storage|auth|license|shared[_ -]?access|(?:secret[_ -]?)?access)[_ -]?key",
  "(?:access|auth|refresh|bearer|bot|session|personal|deploy|api|id|security)[_ -]?token",
  "(?:client|app|consumer|webhook|jwt|session|api|token|oauth)[_ -]?secret",
  "secret",
  "token",
  "authorization",
  "apikey",
  "(?<=[?&])sig",
].join("|");

/** A key and its sign. Every repetition is bounded, so an attempt costs the same wherever it starts. */
const KEY = new RegExp(
  `((?:${PASSWORD})|(?:${MACHINE_KEY}))(\\\\{0,4}["'\`\\]]{0,2}\\s{0,8}(?:=>|:=|={1,3}|:|\\bis\\b|(?<=--[\\w-]{1,40}\\s))\\s{0,8})`,
  "gi",
);
const IS_PASSWORD = new RegExp(`^(?:${PASSWORD})$`, "i");
/** Tokens of lists that are read in pages are no secrets. */
const PAGE = /(?:page|next|cursor|continuation|csrf|sync|max|min|num|total)[_ -]?$/i;
/** In front of a key of a connection string or a URL's parameters. */
const LISTED = /[;&?]\s?(?:[A-Za-z]{1,10})?$/;
const LONGEST_JUDGED = 256;
const OPENING = /\\{0,4}["'`]/y;
const UNQUOTED = /[^\s"'`,;<>()[\]{}|\\]{3,128}/y;
const REST_OF_RUN = /[^\s"'`,;<>()[\]{}|\\]{1,4096}/y;

interface Value {
  readonly from: number;
  readonly to: number;
  readonly isQuoted: boolean;
}

/** The value in `password = "..."`, `API_KEY=...`, `"client_secret": "..."`, `AccountKey=...;` and "password is ...". */
export const ASSIGNED: SecretDetector = {
  name: "assigned-secret",
  redact(text, mark) {
    const parts: string[] = [];
    let done = 0;
    for (const match of text.matchAll(KEY)) {
      if (match.index < done) continue;
      const [whole, key = "", sign = ""] = match;
      const before = text.slice(Math.max(0, match.index - 16), match.index);
      const value = valueAt(text, match.index + whole.length);
      if (value === undefined || PAGE.test(before)) continue;
      const isListed = sign === "=" && (key === key.toUpperCase() || LISTED.test(before));
      const context = { isPassword: IS_PASSWORD.test(key), isQuoted: value.isQuoted, isListed };
      if (!isSecretValue(text.slice(value.from, value.to), context)) continue;
      parts.push(text.slice(done, value.from), mark("assigned-secret"));
      done = endOf(text, value, /[?&]/.test(before.slice(-1)));
    }
    return parts.length === 0 ? text : parts.join("") + text.slice(done);
  },
};

function valueAt(text: string, at: number): Value | undefined {
  OPENING.lastIndex = at;
  const quote = OPENING.exec(text)?.[0];
  if (quote === undefined) return unquotedAt(text, at);
  const from = at + quote.length;
  const within = text.slice(from, from + LONGEST_JUDGED);
  const length = closingAt(within, quote);
  if (length < 0) return unquotedAt(text, from);
  return { from, to: from + length, isQuoted: true };
}

function unquotedAt(text: string, at: number): Value | undefined {
  UNQUOTED.lastIndex = at;
  return UNQUOTED.test(text) ? { from: at, to: UNQUOTED.lastIndex, isQuoted: false } : undefined;
}

/** Where a quoted value ends: at its own quote, escaped as often as the opening one. A value has one line. */
function closingAt(within: string, quote: string): number {
  const line = within.search(/[\r\n]/);
  const sign = quote.slice(-1);
  for (let at = within.indexOf(sign); at >= 0; at = within.indexOf(sign, at + 1)) {
    if (line >= 0 && line < at) return -1;
    let slashes = 0;
    while (within[at - 1 - slashes] === "\\") slashes++;
    const isOwn = quote.length > 1 ? slashes === quote.length - 1 : slashes % 2 === 0;
    if (isOwn) return at - (quote.length - 1);
  }
  return -1;
}

/** All of a value that was judged by its beginning; in a URL it ends with its parameter. */
function endOf(text: string, value: Value, isParameter: boolean): number {
  if (value.isQuoted) return value.to;
  if (isParameter) {
    const cut = text.slice(value.from, value.to).indexOf("&");
    if (cut > 0) return value.from + cut;
  }
  return endOfRun(text, value.to, REST_OF_RUN);
}
