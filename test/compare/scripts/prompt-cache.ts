import type { CompletionRequest } from "../../support/model-server.ts";
import { chat, human, thread } from "../chats.ts";
import type { Script } from "../figure.ts";
import { answered, inWorld, type World } from "../world.ts";

const TURNS = 30;

export const promptCache: Script = {
  title: "The provider's prompt cache",
  what: "30 turns of two messages, trigger 20, 6 stay. A provider keeps the beginnings of requests: what a request has in common with an earlier one, from its first message on, costs a fraction. Ours is told `cacheSafe`.",
  figures: [
    { name: "requests of the agent that begin with the one before (of 29)", better: "more" },
    { name: "summarising calls", better: "less" },
    { name: "share of the summarising calls that the cache has", better: "more", digits: 2 },
    { name: "largest request, in messages", better: "neither" },
  ],
  play: (contestant) =>
    inWorld(contestant, { main: () => "Understood, I shall keep that in mind." }, async (world) => {
      const agent = world.agent({ cacheSafe: true });
      for (let at = 0; at < TURNS; at++) {
        const [said] = chat(1, { from: 2 * at, characters: 1_000 });
        await answered(agent.invoke({ messages: [said ?? human("Hello")] }, thread()));
      }
      if (world.main.length !== TURNS)
        throw new Error(`Expected ${TURNS} requests, got ${world.main.length}`);
      const begin = world.main.filter((request, at) => {
        const before = world.main[at - 1];
        return before !== undefined && common(before, request) === serialized(before).length;
      });
      return {
        "requests of the agent that begin with the one before (of 29)": begin.length,
        "summarising calls": world.summary.length,
        "share of the summarising calls that the cache has": cachedShare(world),
        "largest request, in messages": Math.max(...world.main.map((request) => request.messages.length)),
      };
    }),
};

/** Of the characters of all summarising requests, the share that an earlier request began with. */
function cachedShare({ server, contestant }: World): number {
  let cached = 0;
  let all = 0;
  for (const [at, request] of server.requests.entries()) {
    if (!contestant.isSummaryRequest(request)) continue;
    all += serialized(request).length;
    cached += Math.max(0, ...server.requests.slice(0, at).map((earlier) => common(earlier, request)));
  }
  return all === 0 ? 0 : cached / all;
}

/** Characters that both requests begin with. */
function common(one: CompletionRequest, other: CompletionRequest): number {
  const [first, second] = [serialized(one), serialized(other)];
  let at = 0;
  while (at < first.length && first[at] === second[at]) at++;
  return at;
}

function serialized({ messages }: CompletionRequest): string {
  return messages.map((message) => JSON.stringify(message)).join("");
}
