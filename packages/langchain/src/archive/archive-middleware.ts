import { keyOf, type SessionKey, validate } from "@sessionfold/core";
import { errorName, quietly } from "@sessionfold/core/engine";
import { type AgentMiddleware, createMiddleware } from "langchain";
import { z } from "zod";
import {
  type ArchiveKey,
  type ArchiveOptions,
  archiveShape,
  resolveArchiveOptions,
} from "./archive-options.ts";
import { planArchive } from "./archive-plan.ts";
import { storeEvents } from "./store-events.ts";

/** Options of `archive`. */
export interface ArchiveMiddlewareOptions extends ArchiveOptions {
  /** The session that a thread's messages go to, told from the run. */
  readonly key: ArchiveKey;
  /** Gets warnings, which never carry content. Default: the console. */
  readonly logger?: { warn(message: string): void } | undefined;
}

/** A change of the state for fewer messages costs more than it saves. */
const DEFAULT_MIN_MESSAGES = 100;

const schema = z.strictObject(
  {
    ...archiveShape,
    key: z.custom<ArchiveKey>((value) => typeof value === "function", { error: "a function" }),
    logger: z
      .custom<{ warn(message: string): void }>(
        (value) => typeof (value as { warn?: unknown } | null)?.warn === "function",
        { error: "an object with a method warn" },
      )
      .optional(),
  },
  { error: "an object with sessions and key" },
) as z.ZodType<ArchiveMiddlewareOptions>;

/**
 * Archives at the end of each run of an agent, beside `agentSummarizer`: messages that are folded go to a session service
 * and leave the state. It costs one step a run. `invoke` then returns, and checkpoints then hold, what is left; the window
 * of the agent stays the same, and what left is recalled with `recallTools` over that service. A service that fails is warned of, and the next run tries again.
 * Within another graph it does nothing and warns once: use `archiveThread` on that graph.
 * @throws ConfigurationError that names the option, what was expected and what came.
 */
export function archive(options: ArchiveMiddlewareOptions): AgentMiddleware {
  const { key, logger, ...rest } = validate(schema, options);
  const { warn } = quietly(logger ?? console);
  const { sessions, name, messagesKey, minMessages = DEFAULT_MIN_MESSAGES } = resolveArchiveOptions(rest);
  let hasWarned = false;
  return createMiddleware({
    name: "sessionfoldArchive",
    afterAgent: async (state, runtime) => {
      if (isWithinGraph(runtime)) {
        if (!hasWarned) warn(WITHIN_GRAPH);
        hasWarned = true;
        return undefined;
      }
      const messages = (state as Readonly<Record<string, unknown>>)[messagesKey];
      const plan = planArchive(Array.isArray(messages) ? messages : [], { name, minMessages });
      if (plan.kind === "nothing") return undefined;
      let session: SessionKey | undefined;
      try {
        session = keyOf(await key(runtime as never));
        await storeEvents(sessions, session, plan.events);
      } catch (error) {
        // The answer of the run is there; what could not be stored stays in the state.
        const failed =
          session === undefined
            ? "`key` named no session for what was to be archived"
            : "the session service did not take what was to be archived";
        warn(`sessionfold: ${failed} (${errorName(error)}); the next run tries again`);
        return undefined;
      }
      return { [messagesKey]: [...plan.update] };
    },
  });
}

const WITHIN_GRAPH =
  "sessionfold: archive does nothing in an agent that runs within another graph, whose state keeps the messages; " +
  "use archiveThread on that graph";

/** The messages that an agent removes as a node of a graph stay in the state of that graph. */
function isWithinGraph({ configurable }: { readonly configurable?: unknown }): boolean {
  const { checkpoint_ns: namespace } = (configurable ?? {}) as { readonly checkpoint_ns?: unknown };
  return typeof namespace === "string" && namespace.includes(BETWEEN_GRAPHS);
}

/** What LangGraph puts between the namespaces of a graph and of one within it. */
const BETWEEN_GRAPHS = "|";
