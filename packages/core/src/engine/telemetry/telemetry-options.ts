import { z } from "zod";
import { guarded, quietly } from "../../shared/guarded.ts";
import type { RunEvent } from "./run-event.ts";

/** What is told of runs besides figures. */
export interface TelemetryOptions {
  /**
   * Adds content to events and spans: what was read and written, and errors with what providers say in them. Where
   * `redact` is set, it has been applied. Default false.
   */
  readonly content?: boolean | undefined;
  /** False: no spans and no metrics of OpenTelemetry. Default true; without an SDK in the process there are none anyway. */
  readonly openTelemetry?: boolean | undefined;
}

/** Options about who is told what. */
export interface ObserverOptions {
  /**
   * Told what happens in each run, as it happens: see `RunEvent`. What it throws is logged and changes nothing; it is not
   * waited for.
   */
  readonly onEvent?: ((event: RunEvent) => unknown) | undefined;
  /** What is told besides figures, and to whom. */
  readonly telemetry?: TelemetryOptions | undefined;
  /** Gets warnings, which never carry content. Default: the console. */
  readonly logger?: { warn(message: string): void } | undefined;
}

/** Options after the defaults are in. */
export interface ResolvedTelemetry {
  /** Tells an event, made only now. Undefined where nobody listens. */
  readonly tell: ((sessionId: string, make: () => RunEvent) => void) | undefined;
  readonly content: boolean;
  readonly openTelemetry: boolean;
  /** Warns of something in a session, without content. It does not throw. */
  readonly warn: (sessionId: string, message: string) => void;
}

/** Checks these options. */
export const observerShape: {
  readonly [option in keyof ObserverOptions]-?: z.ZodType<ObserverOptions[option]>;
} = {
  onEvent: z
    .custom<NonNullable<ObserverOptions["onEvent"]>>((value) => typeof value === "function", {
      error: "a function",
    })
    .optional(),
  telemetry: z
    .strictObject(
      {
        content: z.boolean({ error: "true or false" }).optional(),
        openTelemetry: z.boolean({ error: "true or false" }).optional(),
      },
      { error: "an object with content or openTelemetry" },
    )
    .optional(),
  logger: z
    .custom<NonNullable<ObserverOptions["logger"]>>(
      (value) => typeof (value as { warn?: unknown } | null)?.warn === "function",
      { error: "an object with a function `warn`" },
    )
    .optional(),
};

/** Fills in the defaults. */
export function resolveTelemetry({ onEvent, telemetry, logger }: ObserverOptions): ResolvedTelemetry {
  const log = quietly(logger ?? console);
  const warn = (sessionId: string, message: string): void =>
    log.warn(`sessionfold: ${message}${sessionId === "" ? "" : ` for session ${sessionId}`}`);
  return {
    tell:
      onEvent &&
      ((sessionId, make) =>
        guarded(
          () => onEvent(make()),
          () => warn(sessionId, "onEvent failed"),
        )),
    warn,
    content: telemetry?.content === true,
    openTelemetry: telemetry?.openTelemetry !== false,
  };
}
