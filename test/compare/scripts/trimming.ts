import { human, thread, toolRounds } from "../chats.ts";
import type { Script } from "../figure.ts";
import { hookOf } from "../hook.ts";
import { processorTime } from "../model-time.ts";
import { markersOf } from "../summarizer-script.ts";
import { answered, inWorld, type World } from "../world.ts";

const RESULTS = 2_000;
const CHARACTERS = 5_000;
const NEVER = { tokens: 100_000_000 };

export const trimming: Script = {
  title: "2,000 tool results are shortened without a model",
  what: "One user message and 2,000 tool results of 5,000 characters. LangChain has contextEditingMiddleware with ClearToolUsesEdit for it (from 16,000 tokens on, the last 3 stay), ours `trimToolResults`; deepagents only shortens when the model refuses. Two calls on the same messages.",
  isSlow: true,
  figures: [
    { name: "ms of the first call", better: "less", slack: 0.2 },
    { name: "ms of the second call", better: "less", slack: 0.2, floor: 8 },
    { name: "results changed in the state of an agent (of 30)", better: "less" },
    { name: "results that the model still knows the beginning of", better: "more" },
    { name: "characters of results in the request", better: "neither" },
  ],
  play: (contestant) =>
    inWorld(contestant, {}, async (world) => {
      const trimmer = contestant.trimmer?.();
      if (trimmer === undefined)
        return Object.fromEntries(trimming.figures.map(({ name }) => [name, undefined]));
      const messages = [human("Look it all up."), ...toolRounds(RESULTS, { characters: CHARACTERS })];
      const hook = hookOf(trimmer, world.setup());
      const start = processorTime();
      await hook([...messages]);
      const second = processorTime();
      const shown = await hook([...messages]);
      const end = processorTime();
      const texts = shown.filter((message) => message.type === "tool").map((message) => message.text);
      return {
        "ms of the first call": second - start,
        "ms of the second call": end - second,
        "results changed in the state of an agent (of 30)": await changedInState(world),
        "results that the model still knows the beginning of": markersOf(texts.join("\n")).length,
        "characters of results in the request": texts.reduce((sum, text) => sum + text.length, 0),
      };
    }),
};

/** How many results a real agent with a checkpointer has lost after two turns. */
async function changedInState(world: World): Promise<number> {
  const trimmer = world.contestant.trimmer?.();
  const agent = world.agent({ trigger: NEVER, middleware: trimmer === undefined ? [] : [trimmer] });
  const said = [human("Look it all up."), ...toolRounds(30, { characters: CHARACTERS }), human("Well?")];
  await answered(agent.invoke({ messages: said }, thread()));
  await answered(agent.invoke({ messages: [human("And now?")] }, thread()));
  const { values } = await agent.graph.getState(thread());
  const results = (values.messages ?? []).filter((message) => message.type === "tool");
  return 30 - results.filter((message) => message.text.length > CHARACTERS).length;
}
