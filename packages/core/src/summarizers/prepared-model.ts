import { Serializable } from "@langchain/core/load/serializable";
import type { ChatModel } from "./ask-model.ts";
import { thinks } from "./model-name.ts";

/** What a model of LangChain's holds, as far as a copy of it is concerned. */
interface Made {
  readonly maxTokens?: unknown;
  readonly lc_kwargs?: Record<string, unknown>;
  readonly caller?: unknown;
  readonly bound?: ChatModel;
}

const preparedModels = new WeakMap<ChatModel, Map<number | undefined, ChatModel>>();

/**
 * The same model, as one call for a summary needs it: asked once (we ask again ourselves, within the deadline) unless its
 * owner set how often; not streaming, since nobody watches; and with a limit on its answer, where its class has
 * LangChain's `maxTokens` and the owner set none. Models that think before they answer spend the limit on that, so they
 * go without. It waits in the model's own queue. A model that is not as its class makes it is returned as it is.
 */
export function prepared(model: ChatModel, maxTokens: number | undefined): ChatModel {
  const made = model as Made;
  if (made.lc_kwargs === undefined) return model;
  if (made.bound !== undefined && nameOfClass(model) === "RunnableBinding") {
    const bound = prepared(made.bound, maxTokens);
    return bound === made.bound ? model : rebuilt(model, { ...made.lc_kwargs, bound });
  }
  if (made.caller === undefined) return model;
  const isOpen = "maxTokens" in made && (made.maxTokens === undefined || made.maxTokens === null);
  const limit = isOpen && !thinks(model) ? maxTokens : undefined;
  const known = preparedModels.get(model) ?? new Map<number | undefined, ChatModel>();
  preparedModels.set(model, known);
  const copy = known.get(limit);
  // The model may have been changed since.
  if (copy !== undefined && (copy === model || isSame(model, copy))) return copy;
  const fresh = rebuilt(model, { ...made.lc_kwargs, ...changes(made.lc_kwargs, limit) });
  known.set(limit, fresh);
  return fresh;
}

function changes(fields: Record<string, unknown>, maxTokens: number | undefined): Record<string, unknown> {
  return {
    ...((fields.maxRetries ?? undefined) === undefined && { maxRetries: 0 }),
    ...(fields.streaming === true && { streaming: false }),
    ...(maxTokens !== undefined && { maxTokens }),
  };
}

function rebuilt(model: ChatModel, fields: Record<string, unknown>): ChatModel {
  try {
    // A subclass may set headers, keys or state of its own: only LangChain's own classes, which name themselves, are known
    // to be made of fields.
    if (nameOfClass(model) === undefined) return model;
    const Model = model.constructor as new (fields: Record<string, unknown>) => ChatModel;
    const made = new Model(fields);
    // What `withConfig` sets is no field of the constructor.
    const { defaultOptions } = model as { defaultOptions?: unknown };
    if (defaultOptions !== undefined) Object.assign(made, { defaultOptions });
    if (isSame(model, made) && sharesQueue(model, made)) return made;
  } catch {
    // As below.
  }
  // A class with a constructor of its own; the prompt tells it the limit all the same.
  return model;
}

/** The name that a class of LangChain's gives itself; undefined for a subclass, which gives none. */
function nameOfClass(model: ChatModel): string | undefined {
  const Model = model.constructor as { readonly name: string; lc_name?(): string };
  if (Model.lc_name === Serializable.lc_name) return undefined;
  return Model.lc_name?.() === Model.name ? Model.name : undefined;
}

/** What a copy is made to differ in; the last two follow from not streaming. */
const CHANGED = new Set<PropertyKey>(["maxTokens", "streaming", "disableStreaming", "streamUsage"]);

/**
 * Whether a copy is set as the model is, also in what was changed after the model was made, and in the models within it.
 * Functions of its own are those of its class or patches: of a patch, the copy has none that reads the same.
 */
function isSame(model: object, copy: object): boolean {
  return Reflect.ownKeys(model).every((field) => {
    if (CHANGED.has(field)) return true;
    const value = fieldOf(model, field);
    const other = fieldOf(copy, field);
    if (typeof value === "function") return typeof other === "function" && String(value) === String(other);
    if (typeof value !== "object" || value === null || field === "callbacks") return other === value;
    return !isMade(value) || (isMade(other) && isSame(value, other));
  });
}

/**
 * Lets a copy, and the models within it, wait in the queues of the originals: `maxConcurrency` is one for both. False
 * where there is a limit to keep and no queue to keep it with.
 */
function sharesQueue(model: object, copy: object): boolean {
  const caller = fieldOf(model, "caller") as { queue?: unknown; maxConcurrency?: unknown } | undefined;
  const other = fieldOf(copy, "caller") as { queue?: unknown } | undefined;
  if (caller !== undefined) {
    const { queue, maxConcurrency } = caller;
    if (isQueue(queue) && isQueue(other?.queue)) other.queue = queue;
    else if (typeof maxConcurrency === "number" && Number.isFinite(maxConcurrency)) return false;
  }
  return Reflect.ownKeys(model).every((field) => {
    const value = fieldOf(model, field);
    const inner = fieldOf(copy, field);
    return !isMade(value) || !isMade(inner) || value === inner || sharesQueue(value, inner);
  });
}

/** Whether it is a model within a model, such as ChatOpenAI has for each of its interfaces. */
function isMade(value: unknown): value is object {
  return typeof value === "object" && value !== null && "lc_kwargs" in value && "caller" in value;
}

function isQueue(queue: unknown): queue is object {
  return typeof (queue as { add?: unknown } | null | undefined)?.add === "function";
}

function fieldOf(of: object, field: PropertyKey): unknown {
  return (of as Record<PropertyKey, unknown>)[field];
}
