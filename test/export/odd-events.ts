import { AIMessage, ChatMessage, HumanMessage, SystemMessage, ToolMessage } from "@langchain/core/messages";
import type { EventInput } from "@sessionfold/core";
import fc from "fast-check";

/** Any text: every code unit, halves of surrogate pairs, NUL and all that some reader takes for a line end. */
export const oddText: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      fc.integer({ min: 0, max: 0xffff }),
      fc.constantFrom(0, 10, 13, 34, 92, 0x85, 0x2028, 0x2029, 0xd83d, 0xde00, 0xd800, 0xdfff, 0xfeff),
    ),
    { maxLength: 12 },
  )
  .map((codes) => String.fromCharCode(...codes));

const oddKey = fc.oneof(
  oddText,
  fc.constantFrom("__proto__", "constructor", "lc", "__lc_escaped__", "toJSON", "7", "10", "z", "a"),
);

/** JSON with keys of any kind, in any order. */
export const oddJson: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown; record: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    oddText,
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("value"), { maxLength: 3 }),
    tie("record"),
  ),
  record: fc
    .array(fc.tuple(oddKey, tie("value")), { maxLength: 4 })
    .map((entries) => Object.fromEntries(entries)),
})).record;

const asRecord = oddJson as fc.Arbitrary<Record<string, unknown>>;
const metadata = fc.record({ additional_kwargs: asRecord, response_metadata: asRecord });

const message = fc.oneof(
  oddText.map((text) => new HumanMessage(text)),
  fc.tuple(oddText, asRecord).map(
    ([text, block]) =>
      new HumanMessage({
        content: [
          { type: "text", text },
          { ...block, type: "custom" },
        ] as never,
      }),
  ),
  fc
    .tuple(oddText, asRecord, metadata, oddText)
    .map(
      ([content, args, extra, id]) =>
        new AIMessage({ ...extra, content, id, tool_calls: [{ id: "c", name: "look", args }] } as never),
    ),
  fc
    .tuple(oddText, metadata)
    .map(
      ([args, extra]) => new AIMessage({ ...extra, content: "", invalid_tool_calls: [{ id: "c", args }] }),
    ),
  fc
    .tuple(oddText, asRecord, oddText)
    .map(([content, artifact, name]) => new ToolMessage({ content, artifact, name, tool_call_id: "c" })),
  oddText.map((text) => new SystemMessage(text)),
  fc.tuple(oddText, oddText).map(([content, role]) => new ChatMessage({ content, role })),
);

/** Events with odd messages, odd names and odd changes of state. */
export const oddEvents: fc.Arbitrary<readonly EventInput[]> = fc.array(
  fc.record({
    author: oddText,
    message: fc.option(message, { nil: undefined }),
    invocationId: oddText,
    branch: oddText,
    timestamp: fc.double({ noNaN: true, noDefaultInfinity: true }),
    actions: fc.record(
      { stateDelta: asRecord, pinned: fc.boolean(), skipSummarization: fc.boolean() },
      { requiredKeys: [] },
    ),
  }),
  { maxLength: 6 },
);

const UNSTORABLE = /[\0\p{Surrogate}]/gu;

/**
 * The same entries by names that every store can hold: databases have no NUL and no half of a surrogate pair in a name, and
 * PGlite reads no byte order mark at the beginning of a text.
 */
export function storable(record: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(record).map(([name, value]) => [`n${name.replace(UNSTORABLE, "?")}`, value]),
  );
}
