const SHOWN = 120;

/** Says a value in a few words, for messages. */
export function show(value: unknown): string {
  const text = typeof value === "function" ? "a function" : (JSON.stringify(value) ?? String(value));
  return text.length <= SHOWN ? text : `${text.slice(0, SHOWN)}... (${text.length} characters)`;
}

/**
 * Where two values first differ, and how; undefined where they are equal. A field that is undefined counts as absent,
 * as in JSON.
 */
export function differenceOf(actual: unknown, expected: unknown, at: string = ""): string | undefined {
  if (Object.is(actual, expected)) return undefined;
  const here = at === "" ? "" : ` at \`${at}\``;
  if (!isObject(actual) || !isObject(expected) || Array.isArray(actual) !== Array.isArray(expected))
    return `expected ${show(expected)}${here}, got ${show(actual)}`;
  if (Array.isArray(actual) && Array.isArray(expected) && actual.length !== expected.length) {
    const [got, wanted] = [actual.length, expected.length];
    return `expected ${wanted} entries${here}, got ${got}: expected ${show(expected)}, got ${show(actual)}`;
  }
  for (const key of new Set([...Object.keys(expected), ...Object.keys(actual)])) {
    const path = Array.isArray(expected) ? `${at}[${key}]` : at === "" ? key : `${at}.${key}`;
    const difference = differenceOf(own(actual, key), own(expected, key), path);
    if (difference !== undefined) return difference;
  }
  return undefined;
}

/** A field of the object itself: a plain read of "__proto__" would give the prototype. */
function own(value: object, key: string): unknown {
  return Object.getOwnPropertyDescriptor(value, key)?.value;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
