import { oneLine } from "./text.ts";

const DEEPEST = 6;
const MOST_LEAVES = 200;

/** The leaves of a call's arguments with the key each stands under; cycles and depth are cut off. */
export function leavesOf(args: unknown): { readonly key: string; readonly value: string }[] {
  const leaves: { key: string; value: string }[] = [];
  const visit = (value: unknown, key: string, depth: number): void => {
    if (
      leaves.length >= MOST_LEAVES ||
      value === undefined ||
      value === null ||
      typeof value === "function" ||
      typeof value === "symbol"
    )
      return;
    if (typeof value !== "object")
      leaves.push({ key, value: typeof value === "string" ? value : String(value) });
    else if (depth < DEEPEST) {
      // Elements of an array stand under the array's own key.
      if (Array.isArray(value)) for (const element of value) visit(element, key, depth + 1);
      else for (const [name, inner] of Object.entries(value)) visit(inner, name, depth + 1);
    }
  };
  visit(args, "", 0);
  return leaves;
}

/** Arguments as text for the identifier scanner: `"key": "value"` lines, values unescaped. */
export function argumentText(args: unknown): string {
  return leavesOf(args)
    .map(({ key, value }) => (key === "" ? value : `"${key}": "${value}"`))
    .join("\n");
}

/** Arguments as they are shown: the values, each after its key where there is more than one. */
export function compactArguments(args: unknown): string {
  const leaves = leavesOf(args);
  return oneLine(
    leaves
      .map(({ key, value }) => (leaves.length === 1 || key === "" ? value : `${key} ${value}`))
      .join(", "),
  );
}

/** Whether the quoted name that ends at `end` is a key: `"name":`. */
export function isKey(text: string, end: number): boolean {
  return (
    text.charAt(end) === '"' &&
    (text.charAt(end + 1) === ":" || (text.charAt(end + 1) === " " && text.charAt(end + 2) === ":"))
  );
}

/** The key of which `text.slice(start, end)` is the whole value in JSON-like text, read backwards; undefined where it is not one. */
export function keyBefore(text: string, start: number, end: number): string | undefined {
  if (end < text.length && !'",}] \n'.includes(text.charAt(end))) return undefined;
  let at = start - 1;
  const skip = (chars: string): void => {
    while (at >= 0 && start - at < 8 && chars.includes(text.charAt(at))) at -= 1;
  };
  skip('"');
  skip(" [");
  if (text.charAt(at) !== ":") return undefined;
  at -= 1;
  if (text.charAt(at) !== '"') return undefined;
  const close = at;
  at -= 1;
  while (at >= 0 && close - at <= 32 && text.charAt(at) !== '"') at -= 1;
  const key = text.slice(at + 1, close);
  return text.charAt(at) === '"' && /^[\w.-]{1,30}$/.test(key) ? key : undefined;
}
