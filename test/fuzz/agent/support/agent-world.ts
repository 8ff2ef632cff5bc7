import assert from "node:assert/strict";
import {
  AIMessage,
  type BaseMessage,
  HumanMessage,
  RemoveMessage,
  SystemMessage,
  ToolMessage,
} from "@langchain/core/messages";
import type { AgentSummarizer } from "@sessionfold/langchain";
import type { AgentMiddleware } from "langchain";
import type { VirtualTime } from "../../support/virtual-time.ts";
import { checkRestart } from "../checks/check-restart.ts";
import { checkState } from "../checks/check-state.ts";
import { Books } from "./books.ts";
import type { AgentFuzzConfig } from "./config.ts";
import { before, behind, type FilterWorld, filterOf, LIMIT_WAIT, outer } from "./filters.ts";
import { GraphRig } from "./graph-rig.ts";
import { HeldFolds, pushed, someTurns } from "./held-folds.ts";
import { PlainRig } from "./plain-rig.ts";
import type { Act, Behaviour, Folds, Turn } from "./program.ts";
import { type Feed, feedAtHand, type Rig, type RunEnd, stepping } from "./rig.ts";
import { answeredBy, callsOf, content, edited, kwargsOf, marked } from "./say.ts";

/** Acts that make another list of a thread's messages than one that has grown. */
const CHANGES = new Set<Act["kind"]>(["edit", "delete", "append", "fork"]);
const AGENTS = ["ann", "bob"];
/** Milliseconds that a filter waits for its folds when it is closed. */
const DRAIN = 10_000;

/** The same program twice: with the filter, and without it as the measure of what the state must be. */
export class AgentWorld implements FilterWorld {
  readonly config: AgentFuzzConfig;
  readonly books = new Books();
  readonly time: VirtualTime | undefined;
  readonly owners = new Map<string, string>();
  readonly closed = new Set<number>();
  readonly held = new HeldFolds();
  readonly running = new Set<string>();
  readonly #isGraph: boolean;
  readonly #filtered: Rig;
  readonly #plain: Rig;
  readonly #crashed = [new Set<string>(), new Set<string>()] as const;
  #behaviours: Behaviour[] = [];
  #filters: readonly AgentSummarizer[];
  #stacks: readonly (readonly AgentMiddleware[])[];
  #serial = 0;
  isQuiet = false;
  process = 0;

  /** `time` is given where the machine's timers are out of use. */
  constructor(config: AgentFuzzConfig, rig: "graph" | "plain", time: VirtualTime | undefined) {
    this.config = config;
    this.time = time;
    this.#isGraph = rig === "graph";
    this.#filters = this.#freshFilters(false);
    this.#stacks = this.#stacked();
    const Kind = this.#isGraph ? GraphRig : PlainRig;
    const { stored } = config;
    this.#filtered = new Kind({ agents: AGENTS, stored, middleware: (at) => this.#stacks[at] ?? [] });
    const bare = AGENTS.map(() => [stepping()]);
    this.#plain = new Kind({ agents: AGENTS, stored, middleware: (at) => bare[at] ?? [] });
  }

  nextBehaviour(): Behaviour {
    return this.#behaviours.shift() ?? "good";
  }

  /** The messages of a thread, as the agents with filters have them. */
  messages(thread: string): Promise<readonly BaseMessage[]> {
    return this.#filtered.messages(thread);
  }

  /** The scope of an agent's filter, by name. */
  scopeOf(agent: number): string | undefined {
    return this.config.scopes[agent] === "agent" ? AGENTS[agent] : undefined;
  }

  /** Filters as a new process makes them. `createAgent` tells them the agent's name. */
  #freshFilters(isLook: boolean): readonly AgentSummarizer[] {
    return AGENTS.map((name, at) =>
      filterOf(this, {
        name,
        scope: this.config.scopes[at] ?? "thread",
        isGiven: !this.#isGraph,
        isLook,
      }),
    );
  }

  /** Does one act, and checks everything that can be checked between acts. */
  async act(act: Act, at: number): Promise<void> {
    const threads = "thread" in act ? [act.thread] : [0, 1];
    if (CHANGES.has(act.kind)) {
      this.books.changes++;
      if (this.held.isAny) this.#count("changes while a fold is under way");
    }
    await this.#perform(act);
    if ("folds" in act) await this.#fold(act.folds);
    this.books.throwIfBroken();
    for (const thread of threads) {
      const name = nameOf(thread);
      const messages = await this.#filtered.messages(name);
      const plain = await this.#plain.messages(name);
      this.books.check("states", () => checkState(this.books, messages, plain));
      // Looking changes what a filter remembers, so it does not look after each act.
      if (messages.length > 0 && (at % 3 === 2 || act.kind === "restart")) await this.#look(name, messages);
    }
    this.books.throwIfBroken();
  }

  /** Lets all folds come to their end, and checks what comes of them. */
  async rest(): Promise<void> {
    await this.#fold("end");
    this.books.throwIfBroken();
    assert.equal(this.running.size, 0, "a fold is still under way");
    for (const thread of [0, 1]) {
      const messages = await this.#filtered.messages(nameOf(thread));
      if (messages.length > 0) await this.#look(nameOf(thread), messages);
    }
    this.books.throwIfBroken();
  }

  /** Lets folds in the background come so far. */
  async #fold(folds: Folds): Promise<void> {
    if (this.config.mode === "inline" || folds === "not yet") return;
    if (folds === "begin") await someTurns();
    else await this.#ended(Promise.all(this.#filters.map((filter) => filter.flush())));
  }

  /** Waits for what waits for folds in the background. */
  #ended<T>(work: Promise<T>): Promise<T> {
    return pushed(work, () => {
      if (this.held.isAny) this.held.release();
      else this.time?.advanceToNext();
    });
  }

  #count(what: string): void {
    this.books.counts[what] = (this.books.counts[what] ?? 0) + 1;
  }

  async #restart(closes: "never" | "at once" | "drained"): Promise<void> {
    if (this.held.isAny) this.#count("restarts while a fold is under way");
    if (closes !== "never") {
      const drainMs = closes === "drained" ? DRAIN : 0;
      await this.#ended(Promise.all(this.#filters.map((filter) => filter.close({ drainMs }))));
      this.closed.add(this.process);
      this.books.check("closed", () => assert.equal(this.running.size, 0, "a closed filter still folds"));
    }
    this.process++;
    this.held.drop();
    this.running.clear();
    this.#filters = this.#freshFilters(false);
    this.#stacks = this.#stacked();
  }

  async #look(thread: string, messages: readonly BaseMessage[]): Promise<void> {
    this.isQuiet = true;
    try {
      for (let agent = 0; agent < this.config.agents; agent++) {
        const known = this.#filters[agent];
        const fresh = this.#freshFilters(true)[agent];
        const who = { thread, agent: AGENTS[agent] ?? "", scope: this.scopeOf(agent), process: this.process };
        if (known !== undefined && fresh !== undefined)
          await checkRestart(this.books, who, messages, known, fresh);
      }
    } finally {
      this.isQuiet = false;
    }
  }

  async #perform(act: Act): Promise<void> {
    switch (act.kind) {
      case "turn":
        await this.#turn(act);
        return;
      case "go on":
        await this.#goOn(act);
        return;
      case "turns at once":
        await this.#turnsAtOnce(act.turns);
        return;
      case "edit": {
        const name = `${act.thread}-${this.#serial++}`;
        await this.#change(act.thread, (messages) => {
          const message = messages[act.at % messages.length];
          this.books.carried.delete(message?.id ?? "");
          return message === undefined ? [] : [edited(message, name, act.length, act.keepsMetadata)];
        });
        return;
      }
      case "delete":
        await this.#change(act.thread, (messages) => {
          const at = messages.length === 0 ? 0 : act.at % messages.length;
          return messages.slice(at, at + act.count).map(({ id = "" }) => new RemoveMessage({ id }));
        });
        return;
      case "append": {
        const name = `${act.thread}-${this.#serial++}`;
        await this.#change(act.thread, (messages) => [appended(act.what, name, act.length, messages)]);
        return;
      }
      case "fork": {
        const name = `${act.thread}-${this.#serial++}`;
        const thread = nameOf(act.thread);
        if ((await this.#filtered.messages(thread)).length === 0) return;
        const change = (messages: readonly BaseMessage[]): BaseMessage[] => {
          const last = messages.at(-1);
          if (act.edits) this.books.carried.delete(last?.id ?? "");
          return act.edits && last !== undefined ? [edited(last, name, 9, false)] : [];
        };
        for (const rig of [this.#filtered, this.#plain]) await rig.fork(thread, act.back, change);
        return;
      }
      case "restart":
        await this.#restart(act.closes);
        return;
      case "folds":
        return;
    }
  }

  #stacked(): readonly (readonly AgentMiddleware[])[] {
    return this.#filters.map((filter, at) => [
      stepping(),
      outer(this),
      before(this, AGENTS[at] ?? "", this.scopeOf(at)),
      filter,
      behind(this),
    ]);
  }

  async #change(
    thread: number,
    change: (messages: readonly BaseMessage[]) => readonly BaseMessage[],
  ): Promise<void> {
    for (const rig of [this.#filtered, this.#plain]) {
      const changed = change(await settled(rig, nameOf(thread)));
      if (changed.length > 0) await rig.update(nameOf(thread), changed);
    }
  }

  async #turn(turn: Turn): Promise<void> {
    const { thread, says, flag } = turn;
    const isNew = (await this.#filtered.messages(nameOf(thread))).length === 0;
    if (isNew && says.length === 0) return;
    const name = `${thread}-${this.#serial++}`;
    const opening =
      isNew && this.config.sharedOpening
        ? [new HumanMessage({ id: "hello", content: marked("hello", 9) })]
        : [];
    const spoken = says.map((length, at) => {
      const id = `${name}.u${at}`;
      return new HumanMessage({ id, content: content(id, length), additional_kwargs: kwargsOf(flag) });
    });
    await this.#both(turn, name, () => [...opening, ...spoken]);
  }

  async #goOn(turn: Turn): Promise<void> {
    if ((await this.#filtered.messages(nameOf(turn.thread))).length === 0) return;
    await this.#both(turn, `${turn.thread}-${this.#serial++}`, () => "go on");
  }

  async #turnsAtOnce(turns: readonly [Turn, Turn]): Promise<void> {
    await Promise.all(
      turns.map((turn) => this.#turn(turn.says.length === 0 ? { ...turn, says: [5] } : turn)),
    );
  }

  /** A run with the filter, then the same without it. */
  async #both(turn: Turn, serial: string, says: () => readonly BaseMessage[] | "go on"): Promise<void> {
    const agent = this.config.agents === 1 ? 0 : turn.agent;
    this.#behaviours.push(...turn.summarizer);
    const filtered = this.#feed(turn, agent, serial, undefined, 0);
    const end = await this.#run(this.#filtered, filtered, agent, says());
    const plain = this.#feed(turn, agent, serial, filtered.results, 1);
    const plainEnd = await this.#run(this.#plain, plain, agent, says());
    this.books.check(`runs ${end}`, () =>
      assert.equal(end, plainEnd, "a run ends otherwise than without the filter"),
    );
  }

  #run(rig: Rig, feed: Feed, agent: number, says: readonly BaseMessage[] | "go on"): Promise<RunEnd> {
    const run = feedAtHand.run(feed, () => rig.run(feed.thread, agent, says));
    if (this.config.mode === "inline" || rig === this.#plain) return run;
    return pushed(run, () => {
      if (!this.held.isAny) {
        this.time?.advanceToNext();
      } else if (this.time !== undefined && this.config.stuck === "time passes") {
        this.#count("waits given up");
        this.time.advance(LIMIT_WAIT);
      } else {
        this.#count("waits");
        this.held.release();
      }
    });
  }

  #feed(
    { thread, steps, flag }: Turn,
    agent: number,
    serial: string,
    verdicts: ReadonlyMap<number, boolean> | undefined,
    side: 0 | 1,
  ): Feed {
    const isRepeated = this.config.callIds === "repeated";
    return {
      thread: nameOf(thread),
      serial,
      callPrefix: (step) => (isRepeated ? `call-${step}-` : `${serial}-${step}-`),
      agent: AGENTS[agent] ?? "",
      named: this.#isGraph || this.config.named,
      steps,
      flag,
      controller: new AbortController(),
      verdicts,
      results: new Map(),
      crashed: this.#crashed[side],
      next: 0,
      inFlight: 0,
    };
  }
}

function nameOf(thread: number): string {
  return `thread ${thread}`;
}

/** Messages that can be named: while a round waits for somebody, LangGraph gives its results without id another at each look. */
async function settled(rig: Rig, thread: string): Promise<readonly BaseMessage[]> {
  const again = await rig.messages(thread);
  return (await rig.messages(thread)).filter(({ id }, at) => id === again[at]?.id);
}

/** What somebody writes into a thread who is no agent. */
function appended(
  what: Extract<Act, { kind: "append" }>["what"],
  id: string,
  length: number,
  messages: readonly BaseMessage[],
): BaseMessage {
  const text = marked(id, length);
  switch (what) {
    case "system":
      return new SystemMessage({ id, content: text });
    case "answer":
      return new AIMessage({ id, content: text });
    case "orphan result":
      return new ToolMessage({ id, content: text, tool_call_id: `nobody's ${id}` });
    case "late result": {
      const answered = new Set(messages.map(answeredBy));
      const calls = messages.flatMap(callsOf).map((call) => call.id ?? "");
      const open = calls.find((call) => !answered.has(call)) ?? calls[0] ?? `nobody's ${id}`;
      return new ToolMessage({ id, content: text, tool_call_id: open });
    }
  }
}
