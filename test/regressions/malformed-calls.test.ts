import { AIMessage, type BaseMessage, ToolMessage } from "@langchain/core/messages";
import { describe, expect, test } from "vitest";
import { a, badCall, res, u } from "../support/events.ts";
import { summarized, turns } from "../support/folds.ts";
import { requestProblems } from "../support/provider-rules.ts";
import { appendAll, decorated, KEY } from "../support/sessions.ts";
import { stubSummarizer } from "../support/stub-summarizer.ts";

async function windowAfter(events: Parameters<typeof appendAll>[2]): Promise<readonly BaseMessage[]> {
  const { sessions, session } = await decorated({ mode: "manual", summarizer: stubSummarizer() });
  await appendAll(sessions, session, events);
  const window = (await sessions.getSession(KEY))?.events ?? [];
  return window.flatMap(({ message }) => (message === undefined ? [] : [message]));
}

/** Ids of the calls that LangChain's converters send. */
function sent(message: BaseMessage | undefined): readonly (string | undefined)[] {
  return message instanceof AIMessage ? (message.tool_calls ?? []).map(({ id }) => id) : [];
}

describe("an AI message with a good and a malformed call", () => {
  test.each([
    ["only the good one answered", [res("ok", "fine")]],
    ["both answered", [res("ok", "fine"), res("bad", "Not JSON, please try again")]],
    ["both answered the other way round", [res("bad", "Not JSON"), res("ok", "fine")]],
    ["none answered", []],
  ])("is a call that every result answers, %s", async (_, results) => {
    const window = await windowAfter([u("q"), badCall("ok", "bad"), ...results, u("next")]);
    expect(requestProblems(window)).toEqual([]);
    expect(sent(window[1])).toEqual(["ok", "bad"]);
    const answered = window.filter((message) => message instanceof ToolMessage);
    expect(answered.map(({ tool_call_id }) => tool_call_id)).toEqual(["ok", "bad"]);
    expect((window[1] as AIMessage).invalid_tool_calls ?? []).toEqual([]);
  });

  test("keeps what the model wrote, as the call's argument, and all else of the message", async () => {
    const message = new AIMessage({
      id: "msg-1",
      name: "agent",
      content: "let me look",
      tool_calls: [{ id: "ok", name: "f", args: { x: 1 } }],
      invalid_tool_calls: [{ id: "bad", name: "g", args: "{oops", error: "x" }],
      additional_kwargs: {
        note: "kept",
        tool_calls: [{ id: "bad", type: "function", function: { name: "g", arguments: "{oops" } }],
      } as never,
      response_metadata: { model: "m" },
    });
    Object.assign(message, { usage_metadata: { input_tokens: 1, output_tokens: 2, total_tokens: 3 } });
    const [, shown] = (await windowAfter([u("q"), { message }, u("next")])) as [unknown, AIMessage];
    expect(shown.tool_calls?.map(({ name, args }) => [name, args])).toEqual([
      ["f", { x: 1 }],
      ["g", { malformed: "{oops" }],
    ]);
    expect(shown.additional_kwargs).toEqual({ note: "kept" });
    expect([shown.id, shown.name, shown.content]).toEqual(["msg-1", "agent", "let me look"]);
    expect([shown.response_metadata, shown.usage_metadata]).toEqual([{ model: "m" }, message.usage_metadata]);
  });

  test("is stored and unfolded as it came", async () => {
    const { sessions, session } = await decorated({
      mode: "manual",
      keep: { turns: 0 },
      summarizer: stubSummarizer(),
    });
    await appendAll(sessions, session, [
      u("q"),
      badCall("ok", "bad"),
      res("ok"),
      res("bad"),
      a("done"),
      ...turns(1),
    ]);
    const { summary } = summarized(await sessions.summarize(KEY, { force: true }));
    const [, call] = await sessions.unfold(KEY, summary.id);
    const message = call?.message as AIMessage;
    expect(message.tool_calls?.map(({ id }) => id)).toEqual(["ok"]);
    expect(message.invalid_tool_calls?.map(({ id, args }) => [id, args])).toEqual([["bad", "{oops"]]);
  });

  test("while its results are awaited it is a request too, the call being last", async () => {
    const window = await windowAfter([u("q"), badCall("ok", "bad"), res("bad", "Not JSON")]);
    expect(requestProblems(window, { openRoundLast: true })).toEqual([]);
    expect(sent(window[1])).toEqual(["ok", "bad"]);
  });
});

test("a message with nothing but malformed calls is a call like any other", async () => {
  const message = new AIMessage({
    content: "",
    invalid_tool_calls: [{ id: "bad", name: "g", args: "{oops", error: "x" }],
  });
  const window = await windowAfter([u("q"), { message }, res("bad"), u("next")]);
  expect(requestProblems(window)).toEqual([]);
  expect(sent(window[1])).toEqual(["bad"]);
});
