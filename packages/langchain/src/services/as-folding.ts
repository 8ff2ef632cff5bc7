import { type SessionService, type SummarizingSessionService, withSummaries } from "@sessionfold/core";

/** One decorator a service: two would each know half of what was appended. */
const decorated = new WeakMap<SessionService, SummarizingSessionService>();

/**
 * The service itself if it folds; else the service decorated so that it never folds by itself. What a plain one hands out
 * is the log as it is, in which a call may stand without its result; and its habits about sessions are its own.
 * @throws ConfigurationError for what is no session service.
 */
export function asFolding(service: SessionService): SummarizingSessionService {
  if (folds(service)) return service;
  let folding = decorated.get(service);
  if (folding === undefined) {
    folding = withSummaries(service, { mode: "manual" });
    decorated.set(service, folding);
  }
  return folding;
}

function folds(service: SessionService): service is SummarizingSessionService {
  return typeof (service as Partial<SummarizingSessionService>).listSummaryStatus === "function";
}
