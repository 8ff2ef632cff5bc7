import type { BaseCheckpointSaver } from "@langchain/langgraph";
import { type SummarizingSessionService, withSummaries } from "@sessionfold/core";
import { resolveThreadOptions, type ThreadSessionsOptions } from "./thread-options.ts";
import { type CheckpointedGraph, ThreadSource } from "./thread-source.ts";
import { refuse, ThreadView } from "./thread-view.ts";

/**
 * LangGraph's threads as sessions, to be read: `getSession` (the window, or the whole log), `getSummary`, `unfold`,
 * `search`, `listSessions`. The session id is the thread id. Messages are events, and the summaries that `agentSummarizer` or
 * `foldHook` left on them count as long as what they cover is as it was. What writes throws an `UnsupportedError`.
 * @param source A checkpointer, or a compiled graph or agent that has one.
 * @throws ConfigurationError that names the option, what was expected and what came.
 */
export function threadSessions(
  source: CheckpointedGraph | BaseCheckpointSaver,
  options: ThreadSessionsOptions = {},
): SummarizingSessionService {
  const resolved = resolveThreadOptions(options);
  const view = new ThreadView(new ThreadSource(source, resolved.checkpointNs), resolved);
  const reader = withSummaries(view, { mode: "manual" });
  return {
    metadata: reader.metadata,
    createSession: refuse,
    getSession: (request) => reader.getSession(request),
    listSessions: (request) => reader.listSessions(request),
    deleteSession: refuse,
    appendEvent: refuse,
    summarize: refuse,
    summarizeEvents: (events, overrides) => reader.summarizeEvents(events, overrides),
    getSummary: (session, scope) => reader.getSummary(session, scope),
    listSummaries: (session) => reader.listSummaries(session),
    listSummaryStatus: (session) => reader.listSummaryStatus(session),
    unfold: (session, summaryId) => reader.unfold(session, summaryId),
    mark: refuse,
    search: (session, query) => reader.search(session, query),
    prune: refuse,
    importSession: refuse,
    flush: () => reader.flush(),
    close: (...options) => reader.close(...options),
  };
}
