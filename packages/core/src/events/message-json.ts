import type { BaseMessage, StoredMessage } from "@langchain/core/messages";
import { deepCopy } from "../shared/deep-copy.ts";

/**
 * A message in LangChain's stored form, with its values as they are. LangChain's own `toDict` wraps every object that has a
 * field `lc` once more at each writing, which no reader of stored messages takes off, and drops fields named `__proto__`. So it
 * is asked for the names alone.
 */
export function messageToJson(message: BaseMessage): StoredMessage {
  const source = message as unknown as Record<string, unknown>;
  const given: unknown = source.lc_kwargs;
  if (typeof given !== "object" || given === null) return message.toDict();
  const values = new Map<unknown, unknown>();
  const kwargs: Record<string, unknown> = {};
  const names: Record<string, unknown> = Object.create(message) as Record<string, unknown>;
  for (const [key, value] of Object.entries(given)) {
    // LangChain cannot tell this one from a prototype, and no message has a field of that name.
    if (key === "__proto__") continue;
    const stand = Symbol(key);
    values.set(stand, key in message ? source[key] : value);
    kwargs[key] = stand;
    Object.defineProperty(names, key, { value: stand });
  }
  Object.defineProperty(names, "lc_kwargs", { value: kwargs });
  const { type, data } = (names as unknown as BaseMessage).toDict();
  const inPlaceOf = (stand: unknown): unknown => (values.has(stand) ? values.get(stand) : stand);
  const fields = Object.entries<unknown>({ ...data }).map(
    ([name, stand]) => [name, deepCopy(inPlaceOf(stand))] as const,
  );
  return {
    type: inPlaceOf(type) as string,
    data: Object.fromEntries(fields) as unknown as StoredMessage["data"],
  };
}
