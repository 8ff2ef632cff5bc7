/** Longest run of one class of characters that an encoder gets in one piece: its time grows with the square. */
const LONGEST_RUN = 64;
/** The same beyond ASCII, where a character is two to four bytes to the encoder. */
const LONGEST_WIDE_RUN = 32;
/** What is matched of a run at once: a match of many millions overflows the stack of the engine. */
const LONGEST_MATCH = 4096;

// The classes by which the encoders' own patterns cut text: letters with marks, white space, the rest but digits.
const LONG_RUN = new RegExp(
  `(?:[\\p{L}\\p{M}]{${LONGEST_RUN},${LONGEST_MATCH}}|\\s{${LONGEST_RUN},${LONGEST_MATCH}}|[^\\s\\p{L}\\p{N}]{${LONGEST_RUN},${LONGEST_MATCH}})`,
  "gu",
);

/** Cuts text so that no piece holds an unbroken run of more than 64 characters. The pieces make up the text. */
export function* splitLongRuns(text: string): Generator<string> {
  if (!mayHoldLongRun(text)) {
    yield text;
    return;
  }
  let from = 0;
  for (const match of text.matchAll(LONG_RUN)) {
    if (match.index > from) yield text.slice(from, match.index);
    yield* codePointChunks(match[0]);
    from = match.index + match[0].length;
  }
  if (from < text.length) yield text.slice(from);
}

/** A cheap look that is right when it says no: characters beyond ASCII are taken to go on whatever run they stand in. */
function mayHoldLongRun(text: string): boolean {
  if (text.length < LONGEST_RUN) return false;
  let run = 0;
  let running = -1;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    const kind = unit < 128 ? asciiKind(unit) : running;
    run = kind === running ? run + 1 : 1;
    running = kind;
    if (run >= LONGEST_RUN) return true;
  }
  return false;
}

/** 0 letter, 1 white space, 2 digit, 3 the rest. */
function asciiKind(unit: number): number {
  if ((unit | 32) >= 97 && (unit | 32) <= 122) return 0;
  if (unit === 32 || (unit >= 9 && unit <= 13)) return 1;
  return unit >= 48 && unit <= 57 ? 2 : 3;
}

function* codePointChunks(run: string): Generator<string> {
  const longest = isAscii(run) ? LONGEST_RUN : LONGEST_WIDE_RUN;
  for (let from = 0; from < run.length; ) {
    let to = Math.min(from + longest, run.length);
    if (to < run.length && isLowSurrogate(run.charCodeAt(to))) to++;
    yield run.slice(from, to);
    from = to;
  }
}

function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 127) return false;
  return true;
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}
