import { AIMessage, type BaseMessageLike, HumanMessage, ToolMessage } from "@langchain/core/messages";
import type { EventInput } from "@sessionfold/core";
import { a, u } from "./events.ts";

/** Keys by which plain assignments reach a prototype; parsed, since a literal would set it. */
export const POLLUTING: Readonly<Record<string, unknown>> = JSON.parse(
  '{"__proto__":{"polluted":"yes"},"constructor":{"prototype":{"polluted":"yes"}},"prototype":{"polluted":"yes"},"plain":1}',
) as Record<string, unknown>;

/** An object of so many levels, one in the other. */
export function nested(levels: number): Record<string, unknown> {
  let value: Record<string, unknown> = { bottom: "reached" };
  for (let level = 0; level < levels; level++) value = { down: value };
  return value;
}

/** An object that holds itself. */
export function cyclic(): Record<string, unknown> {
  const value: Record<string, unknown> = { name: "ring" };
  value.self = value;
  value.list = [value, [value]];
  return value;
}

const calls = (
  list: readonly { readonly id: string; readonly name: string; readonly args: unknown }[],
): EventInput => ({
  author: "agent",
  message: new AIMessage({
    content: "",
    tool_calls: list as { id: string; name: string; args: Record<string, unknown> }[],
  }),
});
const result = (id: string, content: string, name = "lookup"): EventInput => ({
  author: "tool",
  message: new ToolMessage({ content, tool_call_id: id, name }),
});
const round = (args: unknown, name = "lookup", text = "found"): readonly EventInput[] => [
  u("look, marigold"),
  calls([{ id: "c1", name, args }]),
  result("c1", text, name),
  a("there it is"),
];
const many = Array.from({ length: 10_000 }, (_, at) => `c${at}`);
const HUGE = "x".repeat(10_000_000);

/** Turns that a hostile user, tool or model could make. Each holds the word "marigold". */
export const HOSTILE: Readonly<Record<string, () => readonly EventInput[]>> = {
  "polluting state": () => [u("marigold", { actions: { stateDelta: POLLUTING } }), a("ok")],
  "polluting arguments": () => round(POLLUTING),
  "polluting metadata": () => [
    u("marigold"),
    {
      author: "agent",
      message: new AIMessage({
        content: "ok",
        additional_kwargs: { ...POLLUTING, deep: POLLUTING },
        response_metadata: { ...POLLUTING },
      }),
    },
  ],
  "a polluting block": () => [
    {
      author: "user",
      message: new HumanMessage({
        content: [
          { type: "text", text: "marigold" },
          { type: "image_url", ...POLLUTING },
        ] as never,
      }),
    },
    a("ok"),
  ],
  "names of prototypes": () => [
    u("marigold", { author: "__proto__", branch: "constructor", id: "__proto__", invocationId: "toString" }),
    calls([{ id: "constructor", name: "__proto__", args: { toString: 1, hasOwnProperty: 2 } }]),
    result("constructor", "hasOwnProperty", "valueOf"),
    a("ok", { id: "constructor" }),
  ],
  "NUL bytes": () => [
    u("mari\u0000gold marigold\u0000"),
    ...round({ "\u0000": "\u0000" }, "lo\u0000okup", "\u0000\u0001"),
  ],
  "lone surrogates": () => [
    u("\ud800 marigold \udfff"),
    ...round({ "\ud800": "\udc00" }, "lookup\ud83d", "\udfff\ud800"),
  ],
  "right to left": () => [u("\u202emarigold\u202c مرحبا שלום"), a("\u2067ok\u2069")],
  "a tool result of 10 MB": () => round({}, "lookup", `${HUGE} marigold`),
  "10 MB of line ends": () => round({}, "lookup", "\n".repeat(10_000_000)),
  "arguments of 10 MB": () => round({ text: HUGE }),
  "a question of 10 MB": () => [u(`marigold ${"why? ".repeat(2_000_000)}`), a("ok")],
  "arguments 100,000 deep": () => round(nested(100_000)),
  "arguments in a circle": () => round(cyclic()),
  "state 100,000 deep": () => [u("marigold", { actions: { stateDelta: nested(100_000) } }), a("ok")],
  "state in a circle": () => [u("marigold", { actions: { stateDelta: cyclic() } }), a("ok")],
  "a block 100,000 deep": () => [
    {
      author: "user",
      message: new HumanMessage({
        content: [
          { type: "text", text: "marigold" },
          { type: "custom", ...nested(100_000) },
        ] as never,
      }),
    },
    a("ok"),
  ],
  "brackets 1,000,000 deep": () => round({}, "lookup", `${"[".repeat(1_000_000)} marigold`),
  "10,000 calls at once": () => [
    u("marigold"),
    calls(many.map((id) => ({ id, name: "lookup", args: { id } }))),
    ...many.map((id) => result(id, "yes")),
    a("done"),
  ],
  "10,000 calls and no results": () => [
    u("marigold"),
    calls(many.map((id) => ({ id, name: "lookup", args: {} }))),
    u("never mind"),
    a("ok"),
  ],
  "10,000 calls of one id": () => [
    u("marigold"),
    calls(many.map(() => ({ id: "same", name: "lookup", args: {} }))),
    result("same", "yes"),
    u("go on"),
    a("ok"),
  ],
  "10,000 blocks": () => [
    {
      author: "user",
      message: new HumanMessage({ content: many.map(() => ({ type: "text", text: "marigold " })) }),
    },
    a("ok"),
  ],
  "names of 1 MB": () => [
    u("marigold", { author: "n".repeat(1_000_000), branch: "b".repeat(1_000_000) }),
    ...round({}, "t".repeat(1_000_000)),
  ],
  "arguments that are no object": () => [...round(null), ...round([1, 2]), ...round("text"), ...round(7)],
  "odd numbers": () => round({ nan: Number.NaN, infinite: Number.POSITIVE_INFINITY, zero: -0, big: 2 ** 70 }),
  "a big integer": () => round({ big: 10n ** 30n }),
  "times far away": () => [
    u("marigold", { timestamp: -8.64e15 }),
    a("ok", { timestamp: 1e300 }),
    u("again", { timestamp: -1 }),
    a("ok", { timestamp: Number.MAX_VALUE }),
  ],
  "a message as plain JSON": () => [
    {
      author: "user",
      message: { role: "user", content: "marigold", ...POLLUTING } as unknown as BaseMessageLike,
    },
    a("ok"),
  ],
};
