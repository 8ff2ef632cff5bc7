import type { EventInput, SessionService } from "@sessionfold/core";
import { equal, errorOf, holds, rejects } from "../asserts/asserts.ts";
import { appendAll, idsIn, idsOf, KEY } from "../kit/reading.ts";
import { lines, user } from "../kit/said.ts";
import type { ServiceKit } from "../kit/service-kit.ts";
import { type CheckedRule, rulesOf } from "../rule.ts";

const SECRET = "zebra-7731";

/** Events that cannot be stored, by what is wrong with them. Each says the secret somewhere. */
const INVALID: Readonly<Record<string, unknown>> = {
  "no object": SECRET,
  null: null,
  "an empty id": { ...user(SECRET), id: "" },
  "an id that is no string": { ...user(SECRET), id: { is: SECRET } },
  "a time that is none": { ...user(SECRET), timestamp: SECRET },
  "an endless time": { ...user(SECRET), timestamp: Number.POSITIVE_INFINITY },
  "an author that is no string": { ...user(SECRET), author: [SECRET] },
  "a message that is none": { author: "user", message: { nonsense: SECRET } },
  "actions that are a list": { ...user(SECRET), actions: [SECRET] },
  "state that is a text": { ...user(SECRET), actions: { stateDelta: SECRET } },
  "marks that are a text": { ...user(SECRET), actions: { marks: SECRET } },
  "a mark of no kind": { ...user(SECRET), actions: { marks: [{ kind: SECRET, targets: [] }] } },
  "a flag that is a text": { ...user(SECRET), actions: { pinned: SECRET } },
};

/** How a service says no. */
export const ERROR_RULES: readonly CheckedRule<ServiceKit>[] = rulesOf("errors", {
  "errors-invalid": {
    title: "an event that cannot be one is refused as such, and nothing is stored",
    why: "What is stored in spite of its form breaks every later read of the session.",
    async check(kit) {
      const service = await kit.service();
      await service.createSession(KEY);
      await appendAll(service, lines(1));
      for (const [what, event] of Object.entries(INVALID))
        await rejects("invalid-event", `An event with ${what}`, () => append(service, event));
      equal(await idsOf(service), idsIn(lines(1)), "The log after the refused appends");
    },
  },
  "errors-silent": {
    title: "no error repeats what was said, nor does its cause",
    why: "Errors go to logs and to other people; conversations do not.",
    async check(kit) {
      const service = await kit.service();
      await service.createSession(KEY);
      const said = user(SECRET, { actions: { stateDelta: { secret: SECRET } } });
      const calls: readonly (() => Promise<unknown>)[] = [
        ...Object.values(INVALID).map((event) => () => append(service, event)),
        () => service.appendEvent({ session: { ...KEY, sessionId: "missing" }, event: said }),
        () => service.appendEvent({ session: { ...KEY, userId: "" }, event: said }),
        () => service.createSession({ ...KEY, state: { secret: SECRET } }),
      ];
      for (const [at, call] of calls.entries()) {
        const error = await errorOf(call);
        holds(error !== undefined, `Expected call ${at} to be refused`);
        holds(
          !wordsOf(error.value).includes(SECRET),
          `Expected the error of call ${at} not to repeat what was said`,
        );
      }
    },
  },
});

function append(service: SessionService, event: unknown): Promise<unknown> {
  return service.appendEvent({ session: KEY, event: event as EventInput });
}

/** All that an error and the errors behind it say. */
function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error === "string" ? error : (JSON.stringify(error) ?? "");
  return `${error.message}\n${JSON.stringify({ ...error })}\n${wordsOf(error.cause ?? "")}`;
}
