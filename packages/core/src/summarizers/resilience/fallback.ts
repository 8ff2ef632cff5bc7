import { withDeadline } from "../../shared/deadline.ts";
import { around, type Summarizer, type SummarizerRequest, type SummarizerResult } from "../summarizer.ts";
import { BreakerOpen } from "./breaker.ts";
import { ShareTimedOut } from "./share-timed-out.ts";

/** A model needs minutes where a summarizer without one needs a moment. */
const MODEL_SHARE = 9;
const MODEL_FREE_SHARE = 1;

/**
 * Asks summarizers in turn until one writes a usable summary. Each has a share of the time that is left, so that one
 * that hangs leaves some to the next; what a summarizer without a model needs is a tenth of what a model needs. When all
 * fail, the error is the only one, or an `AggregateError` of them.
 */
export function inTurn(first: Summarizer, others: readonly Summarizer[]): Summarizer {
  if (others.length === 0) return first;
  const members = [first, ...others];
  return around(first, async (request) => {
    const errors: unknown[] = [];
    for (const [at, member] of members.entries()) {
      try {
        const answer = await withShare(member, members.slice(at + 1), request);
        const model = answer.model === undefined ? member.model : answer.model;
        return { ...answer, model, metadata: { ...answer.metadata, summarizer: member.name } };
      } catch (error) {
        request.signal.throwIfAborted();
        errors.push(error);
        const next = members[at + 1];
        if (next !== undefined) request.observer?.fellBack({ from: member.name, to: next.name, error });
      }
    }
    throw errorOf(errors);
  });
}

/** Asks a member, for its share of the time that is left to it and to the others behind it. */
function withShare(
  member: Summarizer,
  others: readonly Summarizer[],
  request: SummarizerRequest,
): Promise<SummarizerResult> {
  const time = request.timeLeft();
  if (time === null || others.length === 0) return member.summarize(request);
  const all = others.reduce((sum, each) => sum + shareOf(each), shareOf(member));
  return withDeadline((signal, timeLeft) => member.summarize({ ...request, signal, timeLeft }), {
    timeoutMs: (time * shareOf(member)) / all,
    signal: request.signal,
    isDetached: request.isDetached,
    timedOut: () => new ShareTimedOut(),
  });
}

function shareOf({ model, readsEvents }: Summarizer): number {
  return model === null && readsEvents === true ? MODEL_FREE_SHARE : MODEL_SHARE;
}

/** What says most: a summarizer that was not even asked says least. */
function errorOf(errors: readonly unknown[]): unknown {
  const failures = errors.filter((error) => !(error instanceof BreakerOpen));
  const [only] = failures.length === 0 ? errors : failures;
  return failures.length <= 1 ? only : new AggregateError(failures, "No summarizer wrote a usable summary");
}
