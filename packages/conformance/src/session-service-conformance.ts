import { validate } from "@sessionfold/core";
import { z } from "zod";
import type { Exemption } from "./exemptions.ts";
import { LONG_LOG, type LongLog, type StoreOptions, withServiceKit } from "./kit/service-kit.ts";
import { registerRules } from "./register-rules.ts";
import { CHECKED_SERVICE_RULES } from "./service/session-service-rules.ts";
import type { TestRunner } from "./test-runner.ts";

/** What is to be checked, and how it is opened. */
export interface SessionServiceConformanceOptions extends StoreOptions {
  /** Name of the service, for the titles of the tests. */
  readonly name: string;
  /** Rules that it does not hold, with reasons. One that it does hold fails, so that none outlives its reason. */
  readonly exemptions?: readonly Exemption[] | undefined;
}

const aFunction = <T>() => z.custom<T>((value) => typeof value === "function", { error: "a function" });

/** Fields of the schema that both suites have. */
export const storeShape: {
  readonly [option in keyof SessionServiceConformanceOptions]-?: z.ZodType<
    SessionServiceConformanceOptions[option]
  >;
} = {
  name: z.string({ error: "a name" }).min(1, { error: "a name" }),
  create: aFunction<SessionServiceConformanceOptions["create"]>(),
  reopen: aFunction<NonNullable<SessionServiceConformanceOptions["reopen"]>>().optional(),
  dispose: aFunction<NonNullable<SessionServiceConformanceOptions["dispose"]>>().optional(),
  longLog: z
    .custom<LongLog>(isLongLog, {
      error: `{ events, reason } with an integer from 1 to ${LONG_LOG} and a sentence`,
    })
    .optional(),
  exemptions: z
    .custom<readonly Exemption[]>(Array.isArray, { error: "a list of { rule, reason }" })
    .optional(),
};

function isLongLog(value: unknown): boolean {
  const { events, reason } = (value ?? {}) as Partial<Record<keyof LongLog, unknown>>;
  const isLength = Number.isInteger(events) && (events as number) >= 1 && (events as number) <= LONG_LOG;
  return isLength && typeof reason === "string" && reason.trim() !== "";
}

/** What the titles of both suites tell of shorter logs. */
export function scaleNote(longLog: LongLog | undefined): string {
  return longLog === undefined ? "" : `, long logs of ${longLog.events} events: ${longLog.reason}`;
}

const schema = z.strictObject(storeShape);

/**
 * Registers a test for each of `SESSION_SERVICE_RULES`. For any session service, also one that `withSummaries` made.
 * @throws ConfigurationError for an option that is not what it must be, an exemption from an unknown rule or without a
 * reason, and a runner that lacks a function.
 */
export function sessionServiceConformance(
  runner: TestRunner,
  options: SessionServiceConformanceOptions,
): void {
  const { name, exemptions = [], ...store } = validate(schema, options) as SessionServiceConformanceOptions;
  const title = `${name} is a session service${scaleNote(store.longLog)}`;
  registerRules(runner, title, CHECKED_SERVICE_RULES, exemptions, (rule) =>
    withServiceKit(store, (kit) => rule.check(kit)),
  );
}
