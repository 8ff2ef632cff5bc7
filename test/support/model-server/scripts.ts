import type { Script, ScriptLike } from "./answers.ts";
import { modelNotFound } from "./http-faults.ts";

/** A script of a function, or of answers in turn of which the last is repeated. */
export function toScript(script: ScriptLike): Script {
  if (typeof script === "function") return script;
  return (_, call) => script[Math.min(call, script.length - 1)] ?? "";
}

/**
 * A script for each model, each with calls counted from 0. A model without one gets `otherwise`, by default the 404
 * of a model that does not exist.
 */
export function byModel(
  scripts: Readonly<Record<string, ScriptLike>>,
  otherwise: ScriptLike = [modelNotFound()],
): Script {
  const played = new Map<string, number>();
  return ({ model, ...rest }) => {
    const call = played.get(model) ?? 0;
    played.set(model, call + 1);
    const own = Object.hasOwn(scripts, model) ? scripts[model] : undefined;
    return toScript(own ?? otherwise)({ model, ...rest }, call);
  };
}
