import { chat, human, thread } from "./chats.ts";
import { CONTESTANTS } from "./contestants/contestants.ts";
import { processorTime } from "./model-time.ts";
import { answered, inWorld } from "./world.ts";

// A process of its own: prints the milliseconds of its first turn, which does not fold, and of a second one that does.

const contestant = CONTESTANTS.find(({ name }) => name === process.argv[2]);
if (contestant === undefined) throw new Error(`Expected the name of a contestant, got ${process.argv[2]}`);

const times = await inWorld(contestant, {}, async (world) => {
  const agent = world.agent({ trigger: { tokens: 300 } });
  const start = processorTime();
  await answered(agent.invoke({ messages: [human("Hello")] }, thread()));
  const second = processorTime();
  await answered(agent.invoke({ messages: [...chat(40), human("And now?")] }, thread()));
  if (world.summary.length !== 1 && contestant.name !== "deepagents") throw new Error("Expected one fold");
  return { first: second - start, second: processorTime() - second };
});
console.log(JSON.stringify(times));
