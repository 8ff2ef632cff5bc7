import {
  AIMessage,
  type BaseMessage,
  HumanMessage,
  SystemMessage,
  ToolMessage,
} from "@langchain/core/messages";
import { tokenThreshold } from "@sessionfold/core";
import { type AgentSummarizerOptions, agentSummarizer } from "@sessionfold/langchain";
import { type AgentMiddleware, type ModelRequest, summarizationMiddleware } from "langchain";
import { RecordingModel } from "../support/recording-model.ts";
import { stubSummarizer } from "../support/stub-summarizer.ts";
import { benchAgentTurns } from "./agent-turns.ts";
import { figure, median } from "./measure.ts";

const CALLS = 200;
const FOLDS = 5;
const KEEP = 20;
const NEVER = 1e12;
const SUMMARY = "Parcels were watched.";

const model = new RecordingModel(SUMMARY);

/** One side: what it does before a model call, and how many messages it leaves for the model. */
type Side = (messages: BaseMessage[]) => Promise<number>;

/** A long run: questions, calls of a tool, results, answers. No two messages are alike. */
function longRun(length: number, from: number = 0): BaseMessage[] {
  return Array.from({ length }, (_, index): BaseMessage => {
    const at = from + index;
    const id = `m${at}`;
    const text = `Line ${at}: parcel ${1000 + at} left the depot at gate ${at % 17} and arrives on day ${at % 31}.`;
    if (at % 4 === 0) return new HumanMessage({ id, content: text });
    if (at % 4 === 1)
      return new AIMessage({
        id,
        content: "",
        tool_calls: [{ id: `c${at}`, name: "look", args: { parcel: at } }],
      });
    if (at % 4 === 2) return new ToolMessage({ id, content: text, tool_call_id: `c${at - 1}` });
    return new AIMessage({ id, content: text });
  });
}

function ours(options: AgentSummarizerOptions): Side {
  const { wrapModelCall } = agentSummarizer(options);
  if (wrapModelCall === undefined) throw new Error("Expected a hook around the model call");
  const systemMessage = new SystemMessage("You watch parcels.");
  return async (messages) => {
    let sent = 0;
    const request: ModelRequest = {
      model,
      messages,
      systemMessage,
      systemPrompt: systemMessage.text,
      tools: [],
      state: { messages },
      runtime: { configurable: { thread_id: "bench" } } as ModelRequest["runtime"],
    };
    const handler = async (asked: ModelRequest) => {
      sent = asked.messages.length;
      return new AIMessage("Done.");
    };
    await wrapModelCall(request as never, handler as never);
    return sent;
  };
}

function langchains(options: object): Side {
  const { beforeModel } = summarizationMiddleware(options as never) as AgentMiddleware;
  if (typeof beforeModel !== "function") throw new Error("Expected a hook before the model call");
  return async (messages) => {
    const update = (await beforeModel({ messages } as never, { context: {} } as never)) as
      | { messages: unknown[] }
      | undefined;
    // The first one says that all others go.
    return update === undefined ? messages.length : update.messages.length - 1;
  };
}

async function timed(work: () => Promise<number>, isRight: (sent: number) => boolean): Promise<number> {
  const start = performance.now();
  const sent = await work();
  const took = performance.now() - start;
  if (!isRight(sent)) throw new Error(`Expected another window than one of ${sent} messages`);
  return took;
}

/** Milliseconds of a model call whose conversation has grown by four messages since the last, nothing folded. */
async function perCall(side: Side, length: number): Promise<number> {
  const messages = longRun(length + 4 * CALLS);
  const took: number[] = [];
  for (let call = 0; call < CALLS; call++) {
    const list = messages.slice(0, length + 4 * call);
    took.push(
      await timed(
        () => side(list),
        (sent) => sent === list.length,
      ),
    );
  }
  return median(took.sort((a, b) => a - b));
}

/** Milliseconds of the call that folds, apart from the model. `met`: an earlier call has seen the messages. */
async function perFold(
  make: (isDue: () => boolean) => Side,
  length: number,
  met: boolean,
  folds: number = FOLDS,
): Promise<number> {
  const took: number[] = [];
  for (let round = 0; round < folds; round++) {
    let due = false;
    const side = make(() => due);
    const messages = longRun(length);
    if (met) await side(messages);
    due = true;
    const list = [...messages, ...longRun(1, length)];
    took.push(
      await timed(
        () => side(list),
        (sent) => sent <= 2 * KEEP,
      ),
    );
  }
  return median(took.sort((a, b) => a - b));
}

function row(what: string, mine: number, theirs: number): void {
  const times = `${figure(mine, 2).padStart(9)} ms ${figure(theirs, 2).padStart(11)} ms`;
  console.log(`${what.padEnd(50)} ${times}   ${figure(theirs / mine, 1)} times`);
}

/** What a filter costs a model call, beside LangChain's, in one run: only ratios of one run say anything. */
console.log(`${"".padEnd(50)} ${"sessionfold".padStart(12)} ${"LangChain".padStart(14)}`);
for (const length of [5000, 20_000]) {
  const mine = await perCall(ours({ trigger: tokenThreshold(NEVER) }), length);
  const options = { model, trigger: { tokens: NEVER }, keep: { messages: KEEP } };
  row(
    `a call at ${length.toLocaleString("en-US")} messages, exact counts`,
    mine,
    await perCall(langchains(options), length),
  );
}
const theirs = await perFold(
  () => langchains({ model, trigger: { tokens: 1 }, keep: { messages: KEEP } }),
  20_000,
  false,
  // Its fold takes seconds.
  1,
);
for (const met of [true, false]) {
  const mine = await perFold(
    (isDue) =>
      ours({
        mode: "inline",
        summarizer: stubSummarizer(SUMMARY),
        keep: { events: KEEP, align: "round" },
        trigger: ({ tokens }) => tokens > 0 && isDue(),
      }),
    20_000,
    met,
  );
  row(`one fold of 20,000 messages, ${met ? "met in earlier calls" : "never met before"}`, mine, theirs);
}
await benchAgentTurns();
