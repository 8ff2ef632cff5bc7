import { cut, refusal, serverError } from "../../support/model-server.ts";
import { chat, human, thread } from "../chats.ts";
import type { Contestant } from "../contestants/contestant.ts";
import type { Observed, Script } from "../figure.ts";
import { markersIn, messagesInState } from "../observe.ts";
import { copyingSummarizer } from "../summarizer-script.ts";
import { inWorld, type Models, textOf, turn } from "../world.ts";

type Answer = ReturnType<NonNullable<Models["summary"]>>;

/** Plays a turn that should fold while the summarizing model is out of order, and one after it has recovered. */
function brokenSummarizer(title: string, what: string, broken: () => Answer, isSlow = false): Script {
  return {
    title,
    isSlow,
    what: `40 messages, the turn that should fold: ${what}. Then a second turn with a sound summarizer.`,
    figures: [
      { name: "turn answered", better: "yes" },
      { name: "messages the model knows of (of 40)", better: "more" },
      { name: "error text in the model's request", better: "no" },
      { name: "messages left in the state (42 were said)", better: "more" },
      { name: "next turn: messages the model knows of (of 40)", better: "more" },
      { name: "seconds that the first turn took", better: "neither", digits: 1 },
    ],
    play: (contestant) => play(contestant, broken),
  };
}

async function play(contestant: Contestant, broken: () => Answer): Promise<Observed> {
  let isBroken = true;
  const sound = copyingSummarizer();
  const summary: Models["summary"] = (request, call) => (isBroken ? broken() : sound(request, call));
  return inWorld(contestant, { summary }, async (world) => {
    const agent = world.agent();
    const first = await turn(agent.invoke({ messages: [...chat(40), human("And now?")] }, thread()));
    const answeredWith = first.kind === "answered" ? world.main.at(-1) : undefined;
    const known = markersIn(answeredWith);
    const error = /error generating|status 500|the server had an error/i.test(textOf(answeredWith));
    const kept = await messagesInState(agent);
    isBroken = false;
    const second = await turn(agent.invoke({ messages: [human("And then?")] }, thread()));
    return {
      "turn answered": first.kind === "answered",
      "messages the model knows of (of 40)": known,
      "error text in the model's request": error,
      "messages left in the state (42 were said)": kept,
      "next turn: messages the model knows of (of 40)":
        second.kind === "answered" ? markersIn(world.main.at(-1)) : 0,
      "seconds that the first turn took": first.ms / 1000,
    };
  });
}

export const summarizerAnswers500: Script = brokenSummarizer(
  "The summarizer answers 500",
  "the summarizing model answers status 500",
  serverError,
  // Ours tries again, with pauses.
  true,
);

export const summarizerCutsTheConnection: Script = brokenSummarizer(
  "The summarizer cuts the connection",
  "the connection to the summarizing model is cut without an answer",
  cut,
  true,
);

export const summarizerAnswersNothing: Script = brokenSummarizer(
  "The summarizer answers an empty text",
  'the summarizing model answers ""',
  () => "",
);

export const summarizerAnswersBlanks: Script = brokenSummarizer(
  "The summarizer answers blanks",
  "the summarizing model answers line breaks and blanks",
  () => " \n\n ",
);

export const summarizerRefuses: Script = brokenSummarizer(
  "The summarizer refuses",
  "the summarizing model's answer is a refusal without content",
  refusal,
);
