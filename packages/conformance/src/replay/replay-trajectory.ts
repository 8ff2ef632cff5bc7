import {
  ConfigurationError,
  type EventInput,
  type SessionKey,
  type SessionService,
  type SummarizingSessionService,
  withSummaries,
} from "@sessionfold/core";
import { ConformanceFailure } from "../conformance-failure.ts";
import { type StoreOptions, withServiceKit } from "../kit/service-kit.ts";
import type { Decorate } from "../kit/summarizing-kit.ts";
import { eventOf, timeOf } from "./events-of.ts";
import { FAILURE, failingService } from "./failing-service.ts";
import { ReplayRecord } from "./replay-record.ts";
import { type ReplaySnapshot, type SnapshotOfSearch, snapshotOf } from "./replay-snapshot.ts";
import { replaySummarizer } from "./replay-summarizer.ts";
import { checkedTrajectory, type FoldOperation, type Trajectory } from "./trajectory.ts";
import { type Violation, violationsOf } from "./violations.ts";

/** A store that trajectories are played on. */
export interface ReplayBackend extends StoreOptions {
  /** For the report. */
  readonly name: string;
  /** Makes it fold. Default: `withSummaries`. */
  readonly decorate?: Decorate | undefined;
}

/** Options of a replay. */
export interface ReplayOptions {
  /**
   * Called between the last operation and the reading: changes what is stored behind the harness's back, or gives back another
   * service to read from. So that it is seen what the harness would notice.
   */
  readonly tamper?:
    | ((
        service: SessionService,
        key: SessionKey,
      ) => SessionService | undefined | Promise<SessionService | undefined>)
    | undefined;
}

/** What a trajectory left in one store. */
export interface Replay {
  readonly backend: string;
  readonly trajectory: string;
  readonly snapshot: ReplaySnapshot;
  /** What must never be, whatever other stores tell; empty where all is well. */
  readonly violations: readonly Violation[];
}

const DEFAULT_LIMIT = 20;

/** Plays a trajectory on a store, opens the store anew, and looks at all it tells. @throws ConfigurationError for a trajectory that is none, and what a store throws */
export async function replayTrajectory(
  backend: ReplayBackend,
  trajectory: Trajectory,
  { tamper }: ReplayOptions = {},
): Promise<Replay> {
  const checked = checkedTrajectory(trajectory);
  const key = { appName: `replay ${checked.name}`, userId: "user", sessionId: checked.name };
  let replay: Replay | undefined;
  await withServiceKit(backend, async (kit) => {
    const store = await kit.service();
    const player = new Player(store, backend.decorate ?? withSummaries, checked, key, () =>
      kit.another(store),
    );
    const played = await player.play();
    const tampered = await tamper?.(store, key);
    const read = tampered ?? (await kit.another(store));
    const reader = player.decorated(read);
    const snapshot = await snapshotOf(read, reader, key, player.searches);
    await reader.close();
    const violations = [...played, ...violationsOf(snapshot, player.record, key)];
    replay = { backend: backend.name, trajectory: checked.name, snapshot, violations };
  });
  if (replay === undefined) throw new ConformanceFailure("Expected the replay to come to its end");
  return replay;
}

class Player {
  readonly record: ReplayRecord = new ReplayRecord();
  readonly searches: SnapshotOfSearch[] = [];
  readonly #decorate: Decorate;
  readonly #trajectory: Trajectory;
  readonly #key: SessionKey;
  readonly #another: () => Promise<SessionService>;
  #store: ReturnType<typeof failingService>;
  #sessions: SummarizingSessionService;
  #at = 0;

  constructor(
    store: SessionService,
    decorate: Decorate,
    trajectory: Trajectory,
    key: SessionKey,
    another: () => Promise<SessionService>,
  ) {
    this.#decorate = decorate;
    this.#trajectory = trajectory;
    this.#key = key;
    this.#another = another;
    this.#store = failingService(store);
    this.#sessions = this.decorated(this.#store.service);
  }

  decorated(inner: SessionService): SummarizingSessionService {
    return this.#decorate(inner, {
      mode: "manual",
      summarizer: replaySummarizer(),
      keep: { turns: 1 },
      minGain: 0,
      maxSummaryLength: null,
      // The fence of the default is made of the id, which no two folds share.
      summaryMessage: { template: "(summary) {summary}" },
      tokenCounter: (text) => text.length,
      clock: () => timeOf(this.#at),
    });
  }

  /** Plays all operations; those that a store keeps from doing what they are there for are told. */
  async play(): Promise<readonly Violation[]> {
    const violations: Violation[] = [];
    for (const at of this.#trajectory.operations.keys()) {
      this.#at = at;
      try {
        await this.#step(at);
      } catch (error) {
        if (!(error instanceof ConformanceFailure)) throw error;
        violations.push({ rule: "played", detail: `operation ${at}: ${error.message}` });
      }
    }
    await this.#sessions.close();
    return violations;
  }

  async #step(at: number): Promise<void> {
    const operation = this.#trajectory.operations[at];
    switch (operation?.op) {
      case undefined:
        return;
      case "create_session":
        await this.#sessions.createSession({ ...this.#key, state: operation.state });
        return this.record.created(operation.state ?? {});
      case "memory_search":
        return this.#search(operation.query, operation.limit ?? DEFAULT_LIMIT);
      case "create_summary":
      case "update_summary":
        return this.#fold(operation);
      case "fail_before_commit":
        return this.#append(at, operation.when ?? "before");
      case "retry_event":
        if (operation.afterRestart === true) await this.#restart();
        await this.#append(at);
        return this.#repeat(at);
      default:
        return this.#append(at);
    }
  }

  async #append(at: number, fails?: "before" | "after"): Promise<void> {
    const event = eventOf(this.#trajectory, at);
    if (event === undefined)
      throw new ConfigurationError(
        `Expected \`trajectory.operations.${at}.id\` to be that of an event which was sent before`,
      );
    const append = () => this.#sessions.appendEvent({ session: { ...this.#key }, event });
    if (fails === undefined) await append();
    else await this.#mustFail(fails, ({ id }) => id === event.id, append);
    if (fails !== "before") this.record.stored(event);
  }

  /** Once more past the folding service, which knows of a stored event before it asks the store. */
  async #repeat(at: number): Promise<void> {
    const event = eventOf(this.#trajectory, at);
    if (event !== undefined) await this.#store.service.appendEvent({ session: { ...this.#key }, event });
  }

  async #mustFail(
    when: "before" | "after",
    isMeant: (event: EventInput) => boolean,
    call: () => Promise<unknown>,
  ) {
    this.#store.failNext(when, isMeant);
    const error = await call().then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (this.#store.wasMissed()) throw new ConformanceFailure("Expected the append to reach the back-end");
    if (error === undefined) throw new ConformanceFailure("Expected a failure of the back-end to be told");
    if (!(error instanceof Error) || error.message !== FAILURE) throw error;
  }

  async #fold({
    op,
    keepTurns = 1,
    maxLength,
    fails,
    optional = false,
  }: FoldOperation<"create_summary" | "update_summary">): Promise<void> {
    const isFirst = !this.record.entries.some(({ kind }) => kind === "summary");
    if (!optional && (op === "create_summary") !== isFirst) {
      throw new ConformanceFailure(
        `Expected ${op} ${isFirst ? "behind another summary" : "before any other summary"} in "${this.#trajectory.name}"`,
      );
    }
    if (fails !== undefined) this.#store.failNext(fails, ({ actions }) => actions?.summary !== undefined);
    const outcome = await this.#sessions.summarize(this.#key, {
      force: true,
      keep: { turns: keepTurns },
      ...(maxLength !== undefined && { maxSummaryLength: maxLength }),
    });
    const isMissed = this.#store.wasMissed();
    if (outcome.kind !== "summarized" && optional && (fails === undefined || isMissed)) return;
    if (fails !== undefined && isMissed)
      throw new ConformanceFailure("Expected the summary to reach the back-end");
    if (outcome.kind === "summarized") return this.record.folded(outcome.summary.toJSON());
    if (fails === undefined || outcome.kind !== "failed") {
      const why = outcome.kind === "skipped" ? outcome.reason : outcome.error.code;
      throw new ConformanceFailure(`Expected ${op} to commit a summary, got ${outcome.kind}: ${why}`);
    }
    if (fails === "after") this.record.folded(null);
    // A process that dies between two writes is opened anew.
    await this.#restart();
  }

  async #search(query: string, limit: number): Promise<void> {
    this.record.find(query, limit);
    const results = await this.#sessions.search(this.#key, { text: query, limit });
    const found = results.map(({ event, summaryId }) => ({ id: event.id, ...(summaryId && { summaryId }) }));
    this.searches.push({ query, found });
  }

  async #restart(): Promise<void> {
    await this.#sessions.close();
    this.#store = failingService(await this.#another());
    this.#sessions = this.decorated(this.#store.service);
  }
}
