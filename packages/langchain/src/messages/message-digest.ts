import type { AIMessage, BaseMessage, ToolMessage } from "@langchain/core/messages";

/** Two multipliers of 32-bit hashes (FNV's prime and one of MurmurHash3's); two lanes make collisions of one harmless. */
const PRIME_A = 0x01000193;
const PRIME_B = 0x85ebca6b;
/** What is nested deeper counts as equal: no model writes such arguments. */
const DEEPEST = 100;

/** A running hash of values, 53 bits wide. Not for secrets: it tells an edited message from an untouched one. */
class Hash {
  #a = 0x811c9dc5;
  #b = 0x9747b28c;

  text(text: string): void {
    this.number(text.length);
    let a = this.#a;
    let b = this.#b;
    for (let at = 0; at < text.length; at++) {
      const unit = text.charCodeAt(at);
      a = Math.imul(a ^ unit, PRIME_A);
      b = Math.imul(b ^ unit, PRIME_B);
      b = (b << 13) | (b >>> 19);
    }
    this.#a = a;
    this.#b = b;
  }

  number(value: number): void {
    const low = value | 0;
    const high = (value / 0x1_0000_0000) | 0;
    this.#a = Math.imul(Math.imul(this.#a ^ low, PRIME_A) ^ high, PRIME_A);
    this.#b = Math.imul(Math.imul(this.#b ^ low, PRIME_B) ^ high ^ (this.#b >>> 15), PRIME_B);
  }

  /** JSON-like data, by its fields in alphabetical order: stores may reorder them. What is undefined is left out. */
  value(value: unknown, depth: number = 0): void {
    if (typeof value === "string") this.text(value);
    else if (typeof value !== "object" || value === null) this.text(`:${String(value)}`);
    else if (depth > DEEPEST) this.number(depth);
    else if (Array.isArray(value)) {
      this.number(value.length);
      for (const item of value as readonly unknown[]) this.value(item, depth + 1);
    } else if (ArrayBuffer.isView(value)) this.number(value.byteLength);
    else {
      const keys = Object.keys(value);
      if (keys.length > 1) keys.sort();
      for (const key of keys) {
        const item = (value as Record<string, unknown>)[key];
        if (item === undefined) continue;
        this.text(key);
        this.value(item, depth + 1);
      }
      this.number(-1);
    }
  }

  get sum(): number {
    const a = mixed(this.#a);
    return (a >>> 0) * 0x20_0000 + (mixed(this.#b) >>> 11);
  }
}

/** Spreads every bit over all others. */
function mixed(lane: number): number {
  let mix = lane ^ (lane >>> 16);
  mix = Math.imul(mix, PRIME_B);
  return mix ^ (mix >>> 13);
}

/**
 * A digest of what a message says: id, role, name, content, tool calls, the call that a result answers, and whether it is
 * pinned or skipped. Other metadata is not part of it. Equal before and after a trip through a checkpointer.
 */
export function digestOf(message: BaseMessage): number {
  const hash = new Hash();
  hash.text(message.type);
  hash.text(message.id ?? "");
  hash.text(message.name ?? "");
  if (typeof message.content === "string") hash.text(message.content);
  else hash.value(message.content);
  const { tool_calls, invalid_tool_calls } = message as Partial<AIMessage>;
  if (tool_calls !== undefined && tool_calls.length > 0) {
    for (const { id, name, args } of tool_calls) {
      hash.text(id ?? "");
      hash.text(name);
      hash.value(args);
    }
  }
  if (invalid_tool_calls !== undefined && invalid_tool_calls.length > 0) {
    for (const { id, name, args } of invalid_tool_calls) hash.value([id ?? "", name ?? "", args ?? ""]);
  }
  const { tool_call_id } = message as Partial<ToolMessage>;
  if (tool_call_id !== undefined) hash.text(tool_call_id);
  const flags = (message.additional_kwargs as Record<string, unknown> | undefined)?.sessionfold;
  if (flags !== undefined) hash.value(flags);
  return hash.sum;
}

/** One digest of several, in their order, as it is stored. */
export function combinedDigest(digests: Iterable<number>): string {
  const hash = new Hash();
  for (const digest of digests) hash.number(digest);
  return hash.sum.toString(36);
}

/** A digest of a message and of all before it, whose own one is `before`. */
export function linkedDigest(before: number, digest: number): number {
  const hash = new Hash();
  hash.number(before);
  hash.number(digest);
  return hash.sum;
}
