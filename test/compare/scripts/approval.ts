import { Command } from "@langchain/langgraph";
import { type AgentMiddleware, humanInTheLoopMiddleware, tool } from "langchain";
import { z } from "zod";
import type { Answer } from "../../support/model-server.ts";
import { chat, human, thread } from "../chats.ts";
import type { Script } from "../figure.ts";
import { markersIn, messagesInState } from "../observe.ts";
import { inWorld, turn } from "../world.ts";

// Its options are of the type `never` under strict settings.
const askFirst = humanInTheLoopMiddleware as unknown as (options: object) => AgentMiddleware;

export const approval: Script = {
  title: "A tool call that waits for approval",
  what: "40 messages; the folding turn ends in an interrupt, as a tool needs the user's approval, which comes in a second run.",
  figures: [
    { name: "the run waits for approval", better: "yes" },
    { name: "the approved run is answered", better: "yes" },
    { name: "times the tool ran (1 is right)", better: "neither" },
    { name: "requests refused by the provider", better: "less" },
    { name: "messages the model knows of at the end (of 40)", better: "more" },
    { name: "messages in the state (44 were said)", better: "more" },
  ],
  play: (contestant) => {
    const main = (_: unknown, call: number): Answer =>
      call === 0 ? { toolCalls: [{ name: "send_mail", args: { to: "Ada" } }] } : "It is sent.";
    return inWorld(contestant, { main }, async (world) => {
      let sent = 0;
      const sendMail = tool(
        () => {
          sent++;
          return "sent";
        },
        { name: "send_mail", description: "Sends a mail.", schema: z.object({ to: z.string() }) },
      );
      const agent = world.agent({
        tools: [sendMail],
        middleware: [askFirst({ interruptOn: { send_mail: true } })],
      });
      const first = await turn(agent.invoke({ messages: [...chat(40), human("Mail Ada.")] }, thread()));
      const waits = first.kind === "answered" && (first.state.__interrupt__ ?? []).length > 0;
      const resume = new Command({ resume: { decisions: [{ type: "approve" }] } });
      const second = await turn(agent.invoke(resume, thread()));
      return {
        "the run waits for approval": waits && sent <= 1,
        "the approved run is answered": second.kind === "answered",
        "times the tool ran (1 is right)": sent,
        "requests refused by the provider": world.refused,
        "messages the model knows of at the end (of 40)": markersIn(world.main.at(-1)),
        "messages in the state (44 were said)": await messagesInState(agent),
      };
    });
  },
};
