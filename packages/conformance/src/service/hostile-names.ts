/** Names that mean something to somebody: paths, patterns, statements, prototypes, encodings. */
export const HOSTILE_NAMES: readonly string[] = [
  "__proto__",
  "constructor",
  "hasOwnProperty",
  "toString",
  "a/b",
  "../../etc/passwd",
  ".",
  "C:\\x",
  "%",
  "_",
  "*",
  "a?b#c&d=e",
  "'; DROP TABLE sessions; --",
  '"quoted"',
  "`x` $1 $x {x}",
  "\\",
  "line\nline\r\ttab",
  "日本語 עברית",
  "👩‍👩‍👧‍👦",
  "null",
  "undefined",
  "[object Object]",
  "NaN",
  "app:x",
  "x".repeat(300),
];

/** What keys are joined by. */
export const SEPARATORS: readonly string[] = [
  "/",
  ":",
  "::",
  "|",
  "-",
  "_",
  ".",
  ",",
  ";",
  " ",
  "\n",
  "\t",
  "#",
  "%2F",
  "\u001f",
  '","',
  "\\",
];

/** Longer than what a column of 255 characters holds. */
const LONG = "long".repeat(64);

/** Names that people, and some collations, take for one. */
export const ALIKE: readonly string[] = [
  "key",
  "Key",
  "KEY",
  " key",
  "key ",
  "key\t",
  "key\u200b",
  "ｋｅｙ",
  "\u00e9",
  "e\u0301",
  "e",
  "ß",
  "ss",
  "ı",
  "i",
  "0",
  "00",
  "1",
  "01",
  "1.0",
  "1e0",
  "true",
  "\u{1f469}\u200d\u{1f467}",
  "\u{1f469}\u{1f467}",
  `${LONG}a`,
  `${LONG}b`,
];

/** Names that some encodings cannot write, some of which become one when they are written all the same. */
export const UNSTORABLE: readonly string[] = [
  "a",
  "a\u0000",
  "a\u0000b",
  "\u0000a",
  "x\ud800",
  "x\ud801",
  "x\udfff",
  "x\ufffd",
];
