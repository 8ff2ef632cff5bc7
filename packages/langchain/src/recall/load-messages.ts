import { fenced, headline, headOf, OVERHEAD_TOKENS } from "./answer.ts";
import { asInteger, asTexts } from "./arguments.ts";
import { entryText, type RecallEntry } from "./recall-entries.ts";
import type { ResolvedRecallOptions } from "./recall-options.ts";

/** What the model asks for, as it came: it is checked here, and what is wrong is told in the answer. */
export interface LoadArguments {
  readonly ids?: unknown;
  readonly from?: unknown;
  readonly count?: unknown;
  readonly offset?: unknown;
}

const DEFAULT_COUNT = 10;
/** Fewer tokens than these are not worth beginning another message. */
const LEAST_TOKENS = 60;

/** The messages asked for, whole as long as they fit; the answer says how to go on where they do not. */
export function loadMessages(
  entries: readonly RecallEntry[],
  given: LoadArguments,
  options: ResolvedRecallOptions,
): string {
  if (entries.length === 0) return "There is no earlier message to load.";
  const ids = asTexts(given.ids);
  const missing: string[] = [];
  let chosen: readonly RecallEntry[];
  let rest = 0;
  if (ids.length > 0) {
    const asked = ids.slice(0, options.maxMessages);
    const found = asked.map((id) => ({ id, entry: find(entries, id) }));
    for (const { id, entry } of found) if (entry === undefined) missing.push(id);
    chosen = [...new Set(found.flatMap(({ entry }) => (entry === undefined ? [] : [entry])))];
    rest = ids.length - asked.length;
  } else {
    const last = entries.at(-1)?.event.seq ?? 0;
    const from = asInteger(given.from, 0, last, Number.NaN);
    if (Number.isNaN(from))
      return `Nothing was loaded: give \`ids\` of messages, or \`from\`, a position up to ${last}, and \`count\`.`;
    const count = asInteger(
      given.count,
      1,
      options.maxMessages,
      Math.min(DEFAULT_COUNT, options.maxMessages),
    );
    chosen = entries.filter(({ event }) => event.seq >= from).slice(0, count);
  }
  const absent = missing.length > 0 ? [`No such message: ${missing.length} of the ids asked for.`] : [];
  if (chosen.length === 0) return [...absent, `Find ids with ${options.searchName}.`].join("\n");
  const offset = asInteger(given.offset, 0, Number.MAX_SAFE_INTEGER, 0);
  const { record, hint } = write(chosen, offset, ids.length > 0, options);
  const after = nextOf(entries, chosen);
  const more =
    hint ??
    (ids.length === 0 && after !== undefined
      ? `More: ${options.loadName} with \`from\` ${after.event.seq}.`
      : undefined);
  const left = rest > 0 ? [`Ask for at most ${options.maxMessages} ids at once; ${rest} were left out.`] : [];
  return fenced(record, [...absent, ...left, ...(more === undefined ? [] : [more])]);
}

function write(
  chosen: readonly RecallEntry[],
  offset: number,
  byId: boolean,
  options: ResolvedRecallOptions,
): { record: readonly string[]; hint: string | undefined } {
  const record: string[] = [];
  let spare = options.maxTokens - OVERHEAD_TOKENS;
  for (const [at, entry] of chosen.entries()) {
    const from = at === 0 ? offset : 0;
    const text = entryText(entry).slice(from);
    const title = headline(entry, from > 0 ? `, from character ${from}` : "");
    spare -= options.count(title);
    const head = spare < LEAST_TOKENS && at > 0 ? "" : headOf(text, spare, options);
    const { seq } = entry.event;
    if (head.length === text.length) {
      record.push(title, text);
      spare -= options.count(text);
      continue;
    }
    // One that does not fit is begun only where it would not fit an answer of its own either.
    if (at > 0) {
      const others = chosen.slice(at).map(({ event }) => `"#${event.seq}"`);
      return {
        record,
        hint: byId
          ? `More: ${options.loadName} with \`ids\` [${others.join(", ")}].`
          : `More: ${options.loadName} with \`from\` ${seq}.`,
      };
    }
    record.push(title, head);
    const next = from + head.length;
    return {
      record,
      hint: `Message #${seq} goes on: ${options.loadName} with \`ids\` ["#${seq}"] and \`offset\` ${next} (${text.length - head.length} characters left).`,
    };
  }
  return { record, hint: undefined };
}

/** By id, or by position as the answers write it. */
function find(entries: readonly RecallEntry[], asked: string): RecallEntry | undefined {
  const byId = entries.find(({ event }) => event.id === asked);
  if (byId !== undefined) return byId;
  const position = /^#?(\d+)$/.exec(asked.trim())?.[1];
  return position === undefined ? undefined : entries.find(({ event }) => event.seq === Number(position));
}

function nextOf(entries: readonly RecallEntry[], chosen: readonly RecallEntry[]): RecallEntry | undefined {
  const last = chosen.at(-1)?.event.seq ?? 0;
  return entries.find(({ event }) => event.seq > last);
}
