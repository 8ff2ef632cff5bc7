import {
  AIMessage,
  type BaseMessage,
  HumanMessage,
  SystemMessage,
  ToolMessage,
} from "@langchain/core/messages";

const TURNS = 10;

/** Ten turns with a tool call each, 40 events, in the neutral form. */
export function neutralSession(id: string): string {
  const events = eachTurn((turn) => [
    { author: "user", text: `Where is parcel ${turn}?`, timestamp: `2025-03-01T10:${10 + turn}:00` },
    { author: "assistant", text: "", toolCalls: [{ id: `c${turn}`, name: "track", args: { parcel: turn } }] },
    { author: "tool", text: `parcel ${turn} is in Bremen`, toolCallId: `c${turn}`, name: "track" },
    { author: "assistant", text: `Parcel ${turn} is in Bremen and arrives on Friday.` },
  ]);
  return JSON.stringify({ id, events });
}

/** The same as OpenAI chat messages. */
export function openAiMessages(): readonly object[] {
  return eachTurn((turn) => {
    const made = { name: "track", arguments: `{"parcel":${turn}}` };
    return [
      { role: "user", content: `Where is parcel ${turn}?` },
      {
        role: "assistant",
        content: null,
        tool_calls: [{ id: `c${turn}`, type: "function", function: made }],
      },
      { role: "tool", tool_call_id: `c${turn}`, content: `parcel ${turn} is in Bremen` },
      { role: "assistant", content: `Parcel ${turn} is in Bremen and arrives on Friday.` },
    ];
  });
}

/** The same as LangChain messages, with a system message before them. */
export function langChainMessages(): BaseMessage[] {
  const turns = eachTurn<BaseMessage>((turn) => [
    new HumanMessage(`Where is parcel ${turn}?`),
    new AIMessage({ content: "", tool_calls: [{ id: `c${turn}`, name: "track", args: { parcel: turn } }] }),
    new ToolMessage({ content: `parcel ${turn} is in Bremen`, tool_call_id: `c${turn}`, name: "track" }),
    new AIMessage(`Parcel ${turn} is in Bremen and arrives on Friday.`),
  ]);
  return [new SystemMessage("You track parcels."), ...turns];
}

/** Values as JSONL. */
export function jsonLines(values: readonly unknown[]): string {
  return values.map((value) => JSON.stringify(value)).join("\n");
}

function eachTurn<T = object>(make: (turn: number) => readonly T[]): T[] {
  return Array.from({ length: TURNS }, (_, turn) => make(turn)).flat();
}
