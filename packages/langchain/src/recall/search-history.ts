import { fenced, headline, OVERHEAD_TOKENS } from "./answer.ts";
import { asInteger } from "./arguments.ts";
import { rank, snippetOf } from "./rank.ts";
import { entryText, type RecallEntry } from "./recall-entries.ts";
import type { ResolvedRecallOptions } from "./recall-options.ts";

/** What the model asks a search for, as it came: it is checked here, and what is wrong is told in the answer. */
export interface SearchArguments {
  readonly query?: unknown;
  readonly limit?: unknown;
  readonly offset?: unknown;
}

const LONGEST_QUERY = 1000;

/** The answer to a search: the messages that say most about the query, best first, each with the words around it. */
export function searchHistory(
  entries: readonly RecallEntry[],
  given: SearchArguments,
  options: ResolvedRecallOptions,
): string {
  const { query } = given;
  if (typeof query !== "string" || query.trim() === "")
    return "Nothing was searched: `query` must be a text, some words to look for.";
  const asked = query.slice(0, LONGEST_QUERY);
  const limit = asInteger(given.limit, 1, options.maxResults, options.maxResults);
  const offset = asInteger(given.offset, 0, Number.MAX_SAFE_INTEGER, 0);
  const found = rank(entries, entryText, asked);
  if (found.length === 0)
    return `No message of ${entries.length} has any of these words in it. Try other words, or names and numbers.`;
  const record: string[] = [];
  let spare = options.maxTokens - OVERHEAD_TOKENS;
  let shown = 0;
  for (const { item, text } of found.slice(offset, offset + limit)) {
    const snippet = snippetOf(text, asked, options.snippetLength).replaceAll("\n", "\n  ");
    const note = text.length > snippet.length ? `, ${text.length} characters` : "";
    const lines = `${headline(item, note)}\n${snippet}`;
    const tokens = options.count(lines);
    if (tokens > spare && shown > 0) break;
    spare -= tokens;
    shown++;
    record.push(lines);
  }
  if (shown === 0)
    return `There are only ${found.length} results; \`offset\` ${offset} is behind the last one.`;
  const next = offset + shown;
  return fenced(record, [
    `${shown} of ${found.length} messages found. Read one in full, with what stands around it: ${options.loadName}.`,
    ...(next < found.length ? [`More results: ${options.searchName} with \`offset\` ${next}.`] : []),
  ]);
}
