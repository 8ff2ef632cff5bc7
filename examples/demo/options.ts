import { parseArgs } from "node:util";
import { UserError } from "./user-error.ts";

/** Names of the presets that `--preset` knows. */
export const PRESETS = ["chat", "coding", "trpcAgent", "pipecat", "lyra"] as const;

/** What the command line asks for. Figures are integers; what was not given is undefined. */
export interface DemoOptions {
  readonly help: boolean;
  readonly file: string | undefined;
  readonly keepTurns: number | undefined;
  readonly keepEvents: number | undefined;
  readonly keepTokens: number | undefined;
  readonly triggerTokens: number | undefined;
  readonly triggerTurns: number | undefined;
  readonly triggerEvents: number | undefined;
  readonly maxSummaryLength: number | undefined;
  /** Position in the file, from 1, or id. */
  readonly session: string | undefined;
  readonly preset: (typeof PRESETS)[number] | undefined;
  readonly model: string | undefined;
  /** Path of the SQLite file that keeps the sessions. */
  readonly store: string | undefined;
}

/** What `--help` prints. */
export const HELP = `Folds a conversation event by event and shows what happened.

  npm run demo                    our own sample chat
  npm run demo -- FILE [options]  a transcript of yours, plain or gzip:
                                  neutral JSONL (one {"id", "events"} a line), OpenAI chat messages or
                                  LangChain stored messages (a JSON array, {"messages"}, or JSONL)

When to fold (several: whichever comes first; by default at tokens, how many depends on the length)
  --trigger-tokens N      so many tokens behind the summary
  --trigger-turns N       so many user messages since the last fold
  --trigger-events N      so many events behind the summary

What stays as it is
  --keep-turns N          the last N turns
  --keep-events N         the last N events
  --keep-tokens N         N tokens; with one of the above: never more than N tokens of it

More
  --preset NAME           ${PRESETS.join(", ")}; the options above replace parts of it
  --max-summary-length N  characters of a summary
  --model NAME            a model writes the summaries: OPENAI_API_KEY, and OPENAI_BASE_URL for others than OpenAI
  --store sqlite:PATH     keeps the sessions in that file: the next run goes on where this one stopped
  --session N|ID          only this session of the file
  --help                  this text
`;

const text = { type: "string" } as const;
const SPEC = {
  help: { type: "boolean" },
  "keep-turns": text,
  "keep-events": text,
  "keep-tokens": text,
  "trigger-tokens": text,
  "trigger-turns": text,
  "trigger-events": text,
  "max-summary-length": text,
  session: text,
  preset: text,
  model: text,
  store: text,
} as const;

type TextOption = Exclude<keyof typeof SPEC, "help">;

/**
 * Reads the command line.
 * @throws UserError for an unknown option, a missing or wrong value, or options that contradict each other.
 */
export function parseOptions(args: readonly string[]): DemoOptions {
  const { values, positionals } = parse(args);
  const of = (name: TextOption): string | undefined => {
    const value = values[name];
    if (value !== undefined && value.trim() === "") throw usage(`--${name} needs a value`);
    return value;
  };
  const figure = (name: TextOption, least: number): number | undefined => {
    const value = of(name);
    if (value === undefined) return undefined;
    const number = /^\d+$/.test(value) ? Number(value) : Number.NaN;
    if (!Number.isSafeInteger(number) || number < least)
      throw usage(`--${name} needs a whole number from ${least} on, got "${value}"`);
    return number;
  };
  if (positionals.length > 1) throw usage(`Expected one FILE, got ${positionals.length}`);
  const options: DemoOptions = {
    help: values.help ?? false,
    file: positionals[0],
    keepTurns: figure("keep-turns", 0),
    keepEvents: figure("keep-events", 0),
    keepTokens: figure("keep-tokens", 1),
    triggerTokens: figure("trigger-tokens", 1),
    triggerTurns: figure("trigger-turns", 1),
    triggerEvents: figure("trigger-events", 1),
    maxSummaryLength: figure("max-summary-length", 1),
    session: of("session"),
    preset: presetOf(of("preset")),
    model: of("model"),
    store: storeOf(of("store")),
  };
  if (options.keepTurns !== undefined && options.keepEvents !== undefined)
    throw usage("--keep-turns and --keep-events exclude each other");
  return options;
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: SPEC, allowPositionals: true });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const option = /--[\w-]+/.exec(message)?.[0] ?? "An option";
    // Node's own messages go on about how to escape what nobody meant.
    if (message.includes("ambiguous")) throw usage(`${option} needs a value, not one that begins with "-"`);
    if (code === "ERR_PARSE_ARGS_UNKNOWN_OPTION") throw usage(`Unknown option ${option}`);
    throw usage(message.includes("argument missing") ? `${option} needs a value` : message);
  }
}

function presetOf(name: string | undefined): DemoOptions["preset"] {
  const preset = PRESETS.find((known) => known === name);
  if (name !== undefined && preset === undefined)
    throw usage(`--preset needs one of ${PRESETS.join(", ")}, got "${name}"`);
  return preset;
}

const SQLITE = "sqlite:";

function storeOf(name: string | undefined): string | undefined {
  if (name === undefined) return undefined;
  const path = name.startsWith(SQLITE) ? name.slice(SQLITE.length).trim() : "";
  if (path === "") throw usage(`--store needs sqlite:PATH, got "${name}"`);
  return path;
}

function usage(message: string): UserError {
  return new UserError(`${message.replace(/\.$/, "")}. --help lists all options.`, 2);
}
