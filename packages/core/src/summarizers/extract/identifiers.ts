/** Receives an identifier and where it stands: `text.slice(start, end)`. */
export type IdentifierSink = (id: string, start: number, end: number) => void;

const OTHER = 0;
const LOWER = 1;
const UPPER = 2;
const DIGIT = 3;
// Marks that may stand inside an identifier: paths, addresses, versions, dates.
const MARK = 4;

const CLASS = new Uint8Array(128);
for (let code = 0; code < 128; code += 1) {
  const char = String.fromCharCode(code);
  if (char >= "a" && char <= "z") CLASS[code] = LOWER;
  else if (char >= "A" && char <= "Z") CLASS[code] = UPPER;
  else if (char >= "0" && char <= "9") CLASS[code] = DIGIT;
  else if ("_./@~-".includes(char)) CLASS[code] = MARK;
}

// Longer runs are encoded data; shorter ones say too little to be looked up again.
const LONGEST = 120;
const SHORTEST = 3;

/**
 * Names that a tool session is about, found by their form: paths, file names, snake_case and camelCase names, addresses,
 * codes that mix letters and digits, numbers of three digits or more, dates, versions. One pass, no regular expression.
 */
export function scanIdentifiers(text: string, sink: IdentifierSink): void {
  let at = 0;
  const end = text.length;
  while (at < end) {
    if (classAt(text, at) === OTHER) {
      at += 1;
      continue;
    }
    const from = at;
    while (at < end && classAt(text, at) !== OTHER) at += 1;
    if (at - from < SHORTEST || at - from > LONGEST) continue;
    let start = from;
    let stop = at;
    // A name ends in a letter or digit; it may begin with ~, . or / as paths do.
    while (stop > start && CLASS[text.charCodeAt(stop - 1)] === MARK) stop -= 1;
    while (start < stop && "-@_".includes(text.charAt(start))) start += 1;
    // "</name>" is a tag, "//host" the rest of an address; in escaped text the "n" of "\\nName" is a line end.
    while (text.charAt(start) === "/" && (text.charAt(start - 1) === "<" || text.charAt(start + 1) === "/"))
      start += 1;
    if (text.charAt(start - 1) === "\\" && "ntr".includes(text.charAt(start))) start += 1;
    if (stop - start >= SHORTEST && isIdentifier(text, start, stop))
      sink(text.slice(start, stop), start, stop);
  }
}

function classAt(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return code < 128 ? (CLASS[code] ?? OTHER) : OTHER;
}

function isIdentifier(text: string, start: number, stop: number): boolean {
  let digits = 0;
  let letters = 0;
  let slashes = 0;
  let underscores = 0;
  let inner = 0;
  let ats = 0;
  let lastDot = -1;
  let run = 0;
  let longestRun = 0;
  let word = 0;
  let longestWord = 0;
  for (let at = start; at < stop; at += 1) {
    const kind = classAt(text, at);
    word = kind === LOWER || kind === UPPER ? word + 1 : 0;
    if (word > longestWord) longestWord = word;
    if (kind === DIGIT) {
      digits += 1;
      run += 1;
      if (run > longestRun) longestRun = run;
      continue;
    }
    run = 0;
    if (kind === LOWER) letters += 1;
    else if (kind === UPPER) {
      letters += 1;
      if (at > start && classAt(text, at - 1) === LOWER) inner += 1;
    } else {
      const char = text.charAt(at);
      if (char === "/") slashes += 1;
      else if (char === "_") underscores += 1;
      else if (char === "@") ats += 1;
      else if (char === ".") lastDot = at;
    }
  }
  if (letters === 0) return longestRun >= 3;
  if (slashes > 0) return longestWord >= 3 && stop - start >= 5;
  if (underscores > 0 || inner > 0 || ats > 0) return letters >= 3;
  // A code begins with a capital or is long; "20s" and "04Z" are times.
  if (digits >= 2)
    return stop - start >= 6 || (CLASS[text.charCodeAt(start)] === UPPER && letters <= 4) || lastDot > 0;
  // A file name: an ending of up to four small letters after a name of two or more ("done.Next" is two sentences).
  return (
    lastDot > start + 1 &&
    stop - lastDot <= 5 &&
    stop - lastDot >= 3 &&
    letters >= 4 &&
    classAt(text, lastDot + 1) === LOWER
  );
}

/** Whether a name is only a number, with a unit perhaps: told from line numbers and counts by nothing but its place. */
export function isNumber(id: string): boolean {
  let end = id.length;
  while (end > 0 && id.length - end < 3 && classAt(id, end - 1) === LOWER) end -= 1;
  for (let at = 0; at < end; at += 1) {
    if (classAt(id, at) !== DIGIT && id.charAt(at) !== "." && id.charAt(at) !== "~") return false;
  }
  return end > 0;
}

/** The parts of a name that are found again inside it: the file's name with and without ending, and its folders. */
export function partsOf(id: string): string[] {
  const parts: string[] = [];
  const slash = id.lastIndexOf("/");
  const base = slash < 0 ? id : id.slice(slash + 1);
  const dot = base.lastIndexOf(".");
  if (dot > 0) parts.push(base.slice(0, dot));
  if (slash < 0) return parts;
  parts.push(base);
  let from = id.indexOf("/");
  while (from >= 0 && parts.length < 24) {
    const rest = id.slice(from + 1);
    if (rest !== base) parts.push(rest);
    if (from > 0) parts.push(id.slice(0, from));
    from = id.indexOf("/", from + 1);
  }
  return parts;
}
