import { z } from "zod";
import type { Answer, CompletionRequest } from "../../support/model-server.ts";
import { chat, human, thread } from "../chats.ts";
import type { Script } from "../figure.ts";
import { inWorld, turn } from "../world.ts";

const schema = z.object({ city: z.string(), days: z.number() });
const VALUE = { city: "Oslo", days: 3 };

export const structuredOutput: Script = {
  title: "Structured output on the folding turn",
  what: "An agent with a `responseFormat`; the turn folds. Then a second turn.",
  figures: [
    { name: "structuredResponse on the folding turn", better: "yes" },
    { name: "structuredResponse on the next turn", better: "yes" },
  ],
  play: (contestant) =>
    inWorld(contestant, { main: structured }, async (world) => {
      const agent = world.agent({ responseFormat: schema });
      const isThere = (ended: Awaited<ReturnType<typeof turn>>): boolean =>
        ended.kind === "answered" && schema.safeParse(ended.state.structuredResponse).success;
      const first = await turn(agent.invoke({ messages: [...chat(40), human("Where to?")] }, thread()));
      // A new question: what the first turn left in the state must not count.
      const second = await turn(agent.invoke({ messages: [human("Once more?")] }, thread()));
      return {
        "structuredResponse on the folding turn": isThere(first),
        "structuredResponse on the next turn": isThere(second),
      };
    }),
};

/** Answers as the request wants it: by the tool that stands for the schema, or as JSON. */
function structured(request: CompletionRequest): Answer {
  const tool = request.tools?.find((one) => one.function.name.startsWith("extract-"));
  if (tool !== undefined) return { toolCalls: [{ name: tool.function.name, args: VALUE }] };
  return JSON.stringify(VALUE);
}
