import { type BaseMessage, HumanMessage } from "@langchain/core/messages";
import { eventCountThreshold, type RunEvent } from "@sessionfold/core";
import { agentSummarizer } from "@sessionfold/langchain";
import { createAgent } from "langchain";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { look, lookThenAnswer, serving } from "../support/parcel-agent.ts";
import { kinds } from "./support.ts";
import { startTracing, type Tracing } from "./tracing.ts";

let tracing: Tracing;
beforeEach(() => {
  tracing = startTracing();
});
afterEach(() => tracing.stop());

describe("the agent filter", () => {
  for (const cacheSafe of [false, true]) {
    test(`tells its runs and traces them within the caller's span${cacheSafe ? ", with the agent's own request" : ""}`, async () => {
      const server = await serving((request, call) =>
        JSON.stringify(request.messages).includes("about to leave your context") || request.model === "gpt-4o"
          ? "The gist."
          : lookThenAnswer(request, call),
      );
      const events: RunEvent[] = [];
      const warnings: string[] = [];
      const agent = createAgent({
        model: server.chat(),
        tools: [look],
        middleware: [
          agentSummarizer({
            mode: "inline",
            ...(cacheSafe ? { cacheSafe } : { model: server.chat({ model: "gpt-4o" }) }),
            trigger: eventCountThreshold(6),
            keep: { turns: 1 },
            minGain: 0,
            logger: { warn: (message) => warnings.push(message) },
            onEvent: (event) => {
              events.push(event);
              throw new Error("broken");
            },
          }),
        ],
      });
      let messages: BaseMessage[] = [new HumanMessage("Where is parcel 1?")];
      const caller = await tracing.inSpan(async (span) => {
        for (let turn = 2; turn < 4; turn++) {
          const state = await agent.invoke({ messages });
          messages = [...state.messages, new HumanMessage(`Where is parcel ${turn}?`)];
        }
        await agent.invoke({ messages });
        return span.spanContext();
      });
      expect(kinds(events.filter(({ kind }) => kind !== "skipped"))).toMatch(/^started committed/);
      const [run] = tracing.named("sessionfold.summarize");
      const [call] = tracing.named("chat");
      expect(run?.parentSpanContext?.spanId).toBe(caller.spanId);
      expect(call?.parentSpanContext?.spanId).toBe(run?.spanContext().spanId);
      expect(call?.attributes).toMatchObject({
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": cacheSafe ? "gpt-4o-mini" : "gpt-4o",
      });
      expect(new Set(warnings)).toEqual(new Set(["sessionfold: onEvent failed"]));
    });
  }
});
