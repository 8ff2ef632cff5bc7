import {
  checkedTrajectory,
  compareSnapshots,
  REPLAY_CASES,
  type REPLAY_RULES,
  type ReplayBackend,
  readTrajectories,
  replayConsistency,
  replayTrajectory,
  type Trajectory,
} from "@sessionfold/conformance";
import {
  type AppendEventRequest,
  ConfigurationError,
  InMemorySessionService,
  type Session,
  type SessionEvent,
  type SessionService,
} from "@sessionfold/core";
import { describe, expect, test } from "vitest";
import { TimestampOrderedService } from "../support/foreign-services.ts";
import { inMemory } from "./backends.ts";

const of = (name: string): Trajectory => REPLAY_CASES.find((each) => each.name === name) as Trajectory;
const backend = (name: string, create: () => SessionService): ReplayBackend => ({ name, create });

describe("a trajectory is read strictly", () => {
  const wrong: readonly [unknown, RegExp][] = [
    [
      { name: "x", operations: [{ op: "create_session", sate: {} }] },
      /Unknown option `trajectory\.operations\.0\.sate`/,
    ],
    [{ name: "x", operations: [{ op: "create_session" }, { op: "forget" }] }, /`trajectory\.operations\.1/],
    [
      { name: "x", operations: [{ op: "append_event", text: "hi" }] },
      /operations\.0` to be create_session, got append_event/,
    ],
    [
      { name: "x", operations: [{ op: "create_session" }, { op: "create_session" }] },
      /operations\.1` to be anything else, got create_session/,
    ],
    [{ name: "x", operations: [] }, /got an empty list/],
    [
      { name: "x", operations: [{ op: "create_session" }, { op: "append_event" }] },
      /operations\.1\.text` to be a text/,
    ],
    [
      { name: "x", operations: [{ op: "create_session" }, { op: "update_summary", keepTurns: -1 }] },
      /keepTurns/,
    ],
    [{ name: "x", operations: [{ op: "create_session" }], more: 1 }, /Unknown option `trajectory\.more`/],
  ];
  test.each(wrong)("%j", (trajectory, message) => {
    expect(() => checkedTrajectory(trajectory)).toThrow(message);
    expect(() => checkedTrajectory(trajectory)).toThrow(ConfigurationError);
  });

  test("from lines, with the number of the one that is wrong", async () => {
    const lines = REPLAY_CASES.map((each) => JSON.stringify(each)).join("\n\n");
    expect(readTrajectories(`${lines}\n`)).toEqual(REPLAY_CASES);
    expect(() => readTrajectories(`${lines}\n{"name"`)).toThrow("Expected line 20 to be JSON");
    expect(() => readTrajectories('\n{"name":"x","operations":[]}')).toThrow(
      "Line 2: Expected `trajectory.operations`",
    );
  });

  test("a fold that must be there, and an event that must have been sent, are asked for", async () => {
    const played = (...operations: Trajectory["operations"]) =>
      replayTrajectory(inMemory, { name: "x", operations: [{ op: "create_session" }, ...operations] });
    const said = (detail: string) => ({
      violations: [{ rule: "played", detail: expect.stringContaining(detail) }],
    });
    expect(await played({ op: "create_summary" })).toMatchObject(
      said("operation 1: Expected create_summary to commit a summary, got skipped: "),
    );
    expect(await played({ op: "update_summary" })).toMatchObject(
      said("Expected update_summary behind another summary"),
    );
    await expect(played({ op: "retry_event", id: "nothing" })).rejects.toThrow(
      "to be that of an event which was sent",
    );
    const { violations, snapshot } = await played({ op: "create_summary", optional: true });
    expect({ violations, stored: snapshot.stored }).toEqual({ violations: [], stored: [] });
  });
});

type Request = Parameters<InMemorySessionService["getSession"]>[0];

describe("a store that is wrong is noticed, by itself and beside another", () => {
  /** Stores what is repeated once more. */
  class Doubling extends InMemorySessionService {
    override async getSession(request: Request): Promise<Session | null> {
      const session = await super.getSession(request);
      const events = session?.events.map((event) =>
        event.id.startsWith("again ") ? { ...event, id: event.id.slice(6) } : event,
      );
      return session && { ...session, events: events ?? [] };
    }
    readonly #known = new Set<string>();
    override async appendEvent(request: AppendEventRequest): Promise<SessionEvent> {
      const { id } = request.event;
      const event = {
        ...request.event,
        ...(id !== undefined && this.#known.has(id) && { id: `again ${id}` }),
      };
      const stored = await super.appendEvent({ ...request, event });
      if (id !== undefined) this.#known.add(id);
      return stored;
    }
  }
  /** Acknowledges every fourth event and forgets it. */
  class Forgetful extends InMemorySessionService {
    #told = 0;
    override async appendEvent(request: AppendEventRequest): Promise<SessionEvent> {
      if (++this.#told % 4 === 0) return { ...(request.event as SessionEvent), seq: 99 };
      return super.appendEvent(request);
    }
  }
  /** Hands out state of the session's own alone. */
  class Stateless extends InMemorySessionService {
    override async getSession(request: Request): Promise<Session | null> {
      const session = await super.getSession(request);
      return session && { ...session, state: {} };
    }
  }
  /** Answers for another session. */
  class Misnaming extends InMemorySessionService {
    override async getSession(request: Request): Promise<Session | null> {
      const session = await super.getSession(request);
      return session && { ...session, id: "another" };
    }
  }
  /** Gives every event the same position. */
  class Unnumbered extends InMemorySessionService {
    override async getSession(request: Request): Promise<Session | null> {
      const session = await super.getSession(request);
      return session && { ...session, events: session.events.map((event) => ({ ...event, seq: 0 })) };
    }
  }
  /** Its index over texts is empty. */
  class Blind extends InMemorySessionService {
    async searchEvents(): Promise<readonly SessionEvent[]> {
      return [];
    }
  }
  const wrong: readonly [string, string, () => SessionService, keyof typeof REPLAY_RULES][] = [
    ["answers for another session", "multi_turn", () => new Misnaming(), "key"],
    ["gives all events one position", "multi_turn", () => new Unnumbered(), "positions"],
    ["finds nothing", "memory_preference", () => new Blind(), "search"],
    ["doubles what is repeated", "retry_recovery", () => new Doubling(), "ids"],
    ["forgets what it acknowledged", "summary_update", () => new Forgetful(), "log"],
    ["goes by times", "multi_turn", () => new TimestampOrderedService(), "log"],
    ["knows no state", "state_overwrite", () => new Stateless(), "state"],
  ];
  test.each(wrong)("one that %s, by %s", async (name, trajectory, create, rule) => {
    const wrongOne = backend(name, create);
    const { violations, snapshot } = await replayTrajectory(wrongOne, of(trajectory));
    expect(violations.map((violation) => violation.rule)).toContain(rule);
    const clean = await replayTrajectory(inMemory, of(trajectory));
    expect(clean.violations).toEqual([]);
    expect(compareSnapshots(clean.snapshot, snapshot)).not.toEqual([]);
    const report = await replayConsistency([inMemory, wrongOne], [of(trajectory), of("single_turn")]);
    expect(report.cases[0]?.verdict).toBe("mismatch");
    expect(report.mismatchRate).toBeGreaterThanOrEqual(0.5);
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });
});
