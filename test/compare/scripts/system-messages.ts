import { SystemMessage } from "@langchain/core/messages";
import { chat, human, thread } from "../chats.ts";
import type { Script } from "../figure.ts";
import { answered, inWorld } from "../world.ts";

const FIRST = "Answer in Danish only.";
const LATER = "The order desk is closed today.";

export const systemMessages: Script = {
  title: "A system message in the state",
  what: "A chat that starts with a system message in `state.messages`, as graphs without a system prompt have it, and has another one in the middle. It is folded.",
  figures: [
    { name: "the first reaches the model as a system message", better: "yes" },
    { name: "the first is still in the state", better: "yes" },
    { name: "the one in the middle is still in the state", better: "yes" },
    { name: "after a second fold: the first reaches the model as a system message", better: "yes" },
  ],
  play: (contestant) =>
    inWorld(contestant, {}, async (world) => {
      const agent = world.agent();
      const middle = new SystemMessage({ content: LATER, id: "later" });
      const messages = [new SystemMessage({ content: FIRST, id: "first" }), ...chat(10), middle];
      const asked = [...messages, ...chat(12, { from: 10 }), human("And now?")];
      await answered(agent.invoke({ messages: asked }, thread()));
      const isTold = (): boolean =>
        (world.main.at(-1)?.messages ?? []).some(
          (message) => ["system", "developer"].includes(message.role) && message.content.includes(FIRST),
        );
      const told = isTold();
      const { values } = await agent.graph.getState(thread());
      const kept = (values.messages ?? []).filter((message) => message.type === "system");
      await answered(agent.invoke({ messages: [...chat(20, { from: 22 }), human("And then?")] }, thread()));
      return {
        "the first reaches the model as a system message": told,
        "the first is still in the state": kept.some((message) => message.text === FIRST),
        "the one in the middle is still in the state": kept.some((message) => message.text === LATER),
        "after a second fold: the first reaches the model as a system message": isTold(),
      };
    }),
};
