import type { Script, ScriptLike } from "./answers.ts";

/** A script of a function, or of answers in turn of which the last is repeated. */
export function toScript(script: ScriptLike): Script {
  if (typeof script === "function") return script;
  return (_, call) => script[Math.min(call, script.length - 1)] ?? "";
}
