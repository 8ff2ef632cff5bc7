import { AIMessage, HumanMessage } from "@langchain/core/messages";
import { conversationThreshold } from "@sessionfold/core";
import { expect, test } from "vitest";
import { stubSummarizer } from "../support/stub-summarizer.ts";
import { DANA, sessionsFor } from "./support.ts";

test("an append may leave a due session as it is; the next one finds it", async () => {
  const sessions = await sessionsFor([DANA], {
    mode: "inline",
    summarizer: stubSummarizer("S"),
    trigger: conversationThreshold(1),
    keep: { turns: 0 },
  });
  const turn = async (text: string, fold?: boolean): Promise<void> => {
    await sessions.appendEvent({ session: DANA, event: { message: new HumanMessage(text) }, fold });
    await sessions.appendEvent({
      session: DANA,
      event: { message: new AIMessage(`answer to ${text}`) },
      fold,
    });
  };
  await turn("1", false);
  expect(await sessions.listSummaries(DANA)).toHaveLength(0);
  await sessions.appendEvent({ session: DANA, event: { message: new HumanMessage("2") } });
  expect(await sessions.listSummaries(DANA)).toHaveLength(1);
  const wrong = { session: DANA, event: { message: "x" }, fold: "no" as never };
  await expect(sessions.appendEvent(wrong)).rejects.toThrow(/`fold`/);
});
