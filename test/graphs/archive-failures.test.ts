import { conversationThreshold, InMemorySessionService } from "@sessionfold/core";
import { archive } from "@sessionfold/langchain";
import { expect, test } from "vitest";
import { parcelAgent, serving, watchedFilter } from "../support/parcel-agent.ts";
import { DANA } from "./support.ts";

class BrokenService extends InMemorySessionService {
  override appendEvent(): never {
    throw new TypeError("secret words");
  }
}

const SERVICE = "the session service did not take what was to be archived";
const KEY = "`key` named no session for what was to be archived";

test.each([
  ["the service", new BrokenService(), () => DANA, `${SERVICE} (TypeError)`],
  [
    "the key",
    new InMemorySessionService(),
    () => {
      throw new RangeError("secret words");
    },
    `${KEY} (RangeError)`,
  ],
  [
    "a key without a user",
    new InMemorySessionService(),
    () => ({ ...DANA, userId: "" }),
    `${KEY} (Configuration`,
  ],
] as const)(
  "%s fails: the run has its answer, the state is kept, and the log says what it was",
  async (_, sessions, key, told) => {
    for (const logging of [true, false]) {
      const warnings: string[] = [];
      const warn = (message: string): void => {
        warnings.push(message);
        if (!logging) throw new Error("The log is gone");
      };
      const middleware = [
        watchedFilter({ trigger: conversationThreshold(2), keep: { turns: 1 } }).middleware,
        archive({ sessions, key, minMessages: 2, logger: { warn } }),
      ];
      const its = parcelAgent(await serving(), { middleware });
      for (let turn = 0; turn < 5; turn++) await its.ask(`Question ${turn}`);
      expect(await its.messages()).toHaveLength(20);
      expect(warnings.length).toBeGreaterThan(1);
      for (const warning of warnings) expect(warning).toContain(`sessionfold: ${told}`);
      expect(warnings.join()).not.toContain("secret");
    }
  },
);
