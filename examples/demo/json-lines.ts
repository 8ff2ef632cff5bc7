import type { JsonPath } from "./formats/transcript.ts";

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/**
 * The line, from 1, on which the value at a path begins in valid JSON; the line of the nearest value around it where
 * there is none. Only an error asks for it, so it walks the text instead of keeping positions for every value.
 */
export function lineOf(text: string, path: JsonPath): number {
  const stack: { at: string | number; readonly isList: boolean }[] = [];
  let matched = 0;
  let position = 0;
  let isKey = false;
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    const top = stack.at(-1);
    if (token === ",") {
      if (top?.isList === true) top.at = Number(top.at) + 1;
      isKey = top?.isList === false;
    } else if (token === "}" || token === "]") {
      stack.pop();
      isKey = false;
    } else if (isKey && top !== undefined) {
      top.at = JSON.parse(token) as string;
      isKey = false;
    } else if (token !== ":") {
      const isOnPath = stack.length <= path.length && stack.every(({ at }, depth) => at === path[depth]);
      if (isOnPath && stack.length >= matched) {
        matched = stack.length;
        position = index;
        if (matched === path.length) break;
      }
      if (token === "{" || token === "[") {
        stack.push({ at: token === "[" ? 0 : "", isList: token === "[" });
        isKey = token === "{";
      }
    }
  }
  return text.slice(0, position).split("\n").length;
}
