import type { CompletionRequest } from "../support/model-server.ts";
import { thread } from "./chats.ts";
import type { Agent } from "./contestants/contestant.ts";
import { markersOf } from "./summarizer-script.ts";
import { textOf } from "./world.ts";

/** How many planted markers of a name a request shows, itself or through a summary. */
export function markersIn(request: CompletionRequest | undefined, name = "chat"): number {
  return markersOf(textOf(request)).filter((found) => found.startsWith(`MARK-${name}-`)).length;
}

/** How many planted markers of a name any of the requests shows. */
export function markersInAny(requests: readonly CompletionRequest[], name = "chat"): number {
  const all = requests.flatMap((request) => markersOf(textOf(request)));
  return new Set(all.filter((found) => found.startsWith(`MARK-${name}-`))).size;
}

/** How many messages the state of a thread has. */
export async function messagesInState(agent: Agent, name?: string): Promise<number> {
  const { values } = await agent.graph.getState(thread(name));
  return values.messages?.length ?? 0;
}

/** How often a text stands in another. */
export function occurrences(text: string, part: string): number {
  return text.split(part).length - 1;
}
