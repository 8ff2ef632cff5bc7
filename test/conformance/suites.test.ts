import * as nodeTest from "node:test";
import {
  ConformanceFailure,
  exemptionsFor,
  SESSION_SERVICE_RULES,
  type SessionServiceConformanceOptions,
  SUMMARIZING_RULES,
  sessionServiceConformance,
  summarizingConformance,
  type TestRunner,
} from "@sessionfold/conformance";
import { ConfigurationError, InMemorySessionService } from "@sessionfold/core";
import { describe, expect, test } from "vitest";
import { BROKEN_SERVICES } from "./broken-services.ts";
import { collect } from "./collect.ts";

const plain = { name: "in memory", create: () => new InMemorySessionService() };

function testsOf(
  options: Partial<SessionServiceConformanceOptions>,
): ReadonlyMap<string, () => Promise<void>> {
  return collect((runner) => sessionServiceConformance(runner, { ...plain, ...options }));
}

describe("rules", () => {
  test("are data: each has an id of its own, a title and a reason, and a test", () => {
    const all = [...SESSION_SERVICE_RULES, ...SUMMARIZING_RULES];
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
    for (const { id, group, title, why } of all) {
      expect(id).toMatch(/^[a-z]+(-[a-z]+)+$/);
      expect(group).toMatch(/^[a-z]+$/);
      expect(title.length).toBeGreaterThan(20);
      expect(why).toMatch(/\.$/);
    }
    expect(JSON.parse(JSON.stringify(all))).toEqual(all);
    expect([...testsOf({}).keys()]).toEqual(SESSION_SERVICE_RULES.map(({ id }) => id));
    const folding = collect((runner) => summarizingConformance(runner, plain));
    expect([...folding.keys()]).toEqual(SUMMARIZING_RULES.map(({ id }) => id));
  });
});

describe("an exemption", () => {
  const reason = "It is known to.";

  test("turns a rule that does not hold into a test that passes and says why", async () => {
    const rule = "log-order";
    const titles: string[] = [];
    const tests = new Map<string, () => Promise<void>>();
    sessionServiceConformance(
      {
        describe: (_, body) => body(),
        test: (title, run) => {
          titles.push(title);
          tests.set(title, run);
        },
      },
      { name: "sorted", ...storeOf(rule), exemptions: [{ rule, reason }] },
    );
    expect(titles).toContain(`${rule}: exempt, ${reason}`);
    await tests.get(`${rule}: exempt, ${reason}`)?.();
  });

  test("from a rule that holds fails, and says that it must go", async () => {
    const tests = testsOf({ exemptions: [{ rule: "log-order", reason }] });
    await expect(tests.get("log-order")?.()).rejects.toThrow(/"log-order" holds: take its exemption out/);
    await expect(tests.get("log-order")?.()).rejects.toThrow(ConformanceFailure);
  });

  test.each([
    [
      "an unknown rule",
      [{ rule: "log-nonsense", reason }],
      /`rule` to be the id of a rule, got "log-nonsense"/,
    ],
    ["a rule of the other suite", [{ rule: "run-joined", reason }], /`rule` to be the id of a rule/],
    ["no reason", [{ rule: "log-order", reason: "" }], /`reason` .*"log-order"/],
    ["a blank reason", [{ rule: "log-order", reason: "  \n" }], /`reason` .*"log-order"/],
    [
      "a rule named twice",
      [
        { rule: "log-order", reason },
        { rule: "log-order", reason },
      ],
      /two from "log-order"/,
    ],
  ])("of %s is an error before any test is registered", (_, exemptions, message) => {
    const attempt = () => testsOf({ exemptions });
    expect(attempt).toThrow(ConfigurationError);
    expect(attempt).toThrow(message);
  });
});

describe("exemptions for what a service cannot do", () => {
  test("are one a rule that needs it, with the reason for it", () => {
    const [reopen, deleteEvents] = ["It has no storage.", "It keeps all."];
    const needing = (...needs: readonly string[]) =>
      SESSION_SERVICE_RULES.filter((rule) => rule.needs?.some((need) => needs.includes(need)));
    const ids = (rules: typeof SESSION_SERVICE_RULES) => rules.map(({ id }) => id);
    expect(exemptionsFor({})).toEqual([]);
    expect(exemptionsFor({ reopen })).toEqual(
      ids(needing("reopen")).map((rule) => ({ rule, reason: reopen })),
    );
    const both = exemptionsFor({ reopen, deleteEvents });
    expect(both.map(({ rule }) => rule)).toEqual(ids(needing("reopen", "deleteEvents")));
    expect(both).toContainEqual({ rule: "delete-events", reason: deleteEvents });
    expect(both).toContainEqual({ rule: "append-reopened", reason: reopen });
  });
});

describe("options", () => {
  test("shorter long logs are as long as they say, and the title says why", async () => {
    const reason = "A disk of 1987.";
    let appends = 0;
    const titles: string[] = [];
    const tests = new Map<string, () => Promise<void>>();
    const runner: TestRunner = {
      describe: (title, body) => {
        titles.push(title);
        body();
      },
      test: (title, run) => tests.set(title.split(":")[0] ?? "", run),
    };
    const create = () => {
      const service = new InMemorySessionService();
      const { appendEvent } = service;
      service.appendEvent = (request) => {
        appends++;
        return appendEvent.call(service, request);
      };
      return service;
    };
    sessionServiceConformance(runner, { ...plain, create, longLog: { events: 70, reason } });
    await tests.get("log-very-long")?.();
    expect(appends).toBeGreaterThanOrEqual(70);
    expect(appends).toBeLessThan(100);
    expect(titles[0]).toBe(`in memory is a session service, long logs of 70 events: ${reason}`);
  });

  test.each([
    [{ name: "" }, /`name` to be a name/],
    [{ create: 5 }, /`create` to be a function, got 5/],
    [{ reopen: true }, /`reopen` to be a function/],
    [{ exemptions: "none" }, /`exemptions` to be a list/],
    [{ longLog: { events: 100 } }, /`longLog` to be { events, reason }/],
    [{ longLog: { events: 100, reason: " " } }, /`longLog` to be { events, reason }/],
    [{ longLog: { events: 1101, reason: "r" } }, /from 1 to 1100/],
    [{ longLog: { events: 0, reason: "r" } }, /from 1 to 1100/],
    [{ nonsense: 1 }, /Unknown option `nonsense`/],
  ])("%o is refused", (options, message) => {
    expect(() => testsOf(options as object)).toThrow(message);
    const folding = () =>
      collect((runner) => summarizingConformance(runner, { ...plain, ...(options as object) }));
    expect(folding).toThrow(message);
  });

  test("a runner without its functions is refused", () => {
    for (const runner of [{}, { describe }, { test }, null])
      expect(() => sessionServiceConformance(runner as TestRunner, plain)).toThrow(
        /functions describe and test/,
      );
  });

  test("runners of several makes fit, and `it` does for `test`", () => {
    const runners: readonly TestRunner[] = [{ describe, test }, nodeTest];
    expect(runners.every((runner) => typeof runner.describe === "function")).toBe(true);
    const titles: string[] = [];
    sessionServiceConformance({ describe: (_, body) => body(), it: (title) => titles.push(title) }, plain);
    expect(titles).toHaveLength(SESSION_SERVICE_RULES.length);
  });

  test("what was opened for a rule is closed after it, the latest first, also where the rule fails", async () => {
    const open: object[] = [];
    const closed: object[] = [];
    const opened = (service: InMemorySessionService): InMemorySessionService => {
      open.push(service);
      return service;
    };
    const tests = testsOf({
      create: () => opened(new InMemorySessionService()),
      reopen: () => opened(new InMemorySessionService()),
      dispose: (service) => closed.push(service),
    });
    await tests.get("log-once")?.();
    expect(closed).toEqual(open);
    await expect(tests.get("append-reopened")?.()).rejects.toThrow(ConformanceFailure);
    expect(open).toHaveLength(3);
    expect(closed.slice(1)).toEqual([open[2], open[1]]);
  });

  test("a rule's failure counts, whatever becomes of closing the service; a failure to close counts without one", async () => {
    const dispose = (): never => {
      throw new Error("cannot close");
    };
    await expect(testsOf({ dispose }).get("log-once")?.()).rejects.toThrow("cannot close");
    await expect(testsOf({ dispose, ...storeOf("log-once") }).get("log-once")?.()).rejects.toThrow(
      ConformanceFailure,
    );
  });
});

function storeOf(rule: string): Pick<SessionServiceConformanceOptions, "create"> {
  const create = BROKEN_SERVICES[rule]?.create;
  if (create === undefined) throw new Error(`No broken service for ${rule}`);
  return { create };
}
