import { RemoveMessage } from "@langchain/core/messages";
import { chat, human, thread } from "../chats.ts";
import type { Script } from "../figure.ts";
import { markersOf } from "../summarizer-script.ts";
import { inWorld, textOf, turn } from "../world.ts";

const DELETED = [2, 3, 4, 5, 6].map((number) => `chat-${number}`);

export const deletedMessages: Script = {
  title: "Old messages are deleted",
  what: "40 messages are folded; then the user deletes five of the folded ones (RemoveMessage, as for a request to be forgotten) and asks again.",
  figures: [
    { name: "deletion accepted", better: "yes" },
    { name: "turn answered", better: "yes" },
    { name: "messages not deleted that the model does not know of (of 35)", better: "less" },
    { name: "deleted messages that the model still knows of (of 5)", better: "less" },
  ],
  play: (contestant) =>
    inWorld(contestant, {}, async (world) => {
      const agent = world.agent();
      await agent.invoke({ messages: [...chat(40), human("And now?")] }, thread());
      const removals = DELETED.map((id) => new RemoveMessage({ id }));
      const deletion = await agent.graph.updateState(thread(), { messages: removals }, "model_request").then(
        () => true,
        () => false,
      );
      const ended = await turn(agent.invoke({ messages: [human("And then?")] }, thread()));
      const known = ended.kind === "answered" ? markersOf(textOf(world.main.at(-1))) : [];
      const gone = DELETED.filter((id) => known.includes(`MARK-${id}`)).length;
      return {
        "deletion accepted": deletion,
        "turn answered": ended.kind === "answered",
        "messages not deleted that the model does not know of (of 35)": 35 - (known.length - gone),
        "deleted messages that the model still knows of (of 5)": gone,
      };
    }),
};

export const editedMessage: Script = {
  title: "An old message is edited",
  what: "40 messages are folded; then the user edits one of the folded ones (a message with the same id) and asks again.",
  figures: [
    { name: "edit accepted", better: "yes" },
    { name: "the model knows the new text", better: "yes" },
    { name: "the model is still told the old text", better: "no" },
    { name: "other messages that the model does not know of (of 39)", better: "less" },
  ],
  play: (contestant) =>
    inWorld(contestant, {}, async (world) => {
      const agent = world.agent();
      await agent.invoke({ messages: [...chat(40), human("And now?")] }, thread());
      const edited = human("MARK-edit-0 is right", "chat-4");
      const accepted = await agent.graph.updateState(thread(), { messages: [edited] }, "model_request").then(
        () => true,
        () => false,
      );
      await agent.invoke({ messages: [human("And then?")] }, thread());
      const known = markersOf(textOf(world.main.at(-1)));
      return {
        "edit accepted": accepted,
        "the model knows the new text": known.includes("MARK-edit-0"),
        "the model is still told the old text": known.includes("MARK-chat-4"),
        "other messages that the model does not know of (of 39)":
          39 - known.filter((one) => one.startsWith("MARK-chat-") && one !== "MARK-chat-4").length,
      };
    }),
};
