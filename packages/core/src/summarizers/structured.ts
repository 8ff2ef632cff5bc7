import { AIMessage, type BaseMessage, HumanMessage, SystemMessage } from "@langchain/core/messages";
import { z } from "zod";
import { ConfigurationError } from "../shared/errors.ts";
import { describe } from "../shared/validate.ts";
import { SessionSummary } from "../summaries/session-summary.ts";
import { addUsage } from "./add-usage.ts";
import { askModel, type ChatModel, factsOf } from "./ask-model.ts";
import { type ChunkOptions, chunked } from "./chunked.ts";
import { DEFAULT_STRUCTURED_PROMPT, DEFAULT_SYSTEM_PROMPT } from "./default-prompts.ts";
import { parseJsonAnswer } from "./json-answer.ts";
import { compilePrompts } from "./prompt.ts";
import { renderRecord } from "./render-record.ts";
import { isRefusal } from "./resilience/refusal-words.ts";
import { hasWords, UnusableAnswer } from "./resilience/usable-answer.ts";
import type { Summarizer, SummarizerRequest, SummarizerResult } from "./summarizer.ts";

const statements = z.array(z.string());

/** What a structured summary holds by default. */
export const SUMMARY_SCHEMA: z.ZodType<StructuredSummary> = z.object({
  decisions: statements.describe("What was settled, by whom, and what was ruled out and why"),
  facts: statements.describe("Names, dates, numbers, paths and limits, exactly as they were given"),
  openTasks: statements.describe("What is open, promised or planned, and whose turn it is"),
  entities: z
    .array(z.object({ name: z.string(), what: z.string() }))
    .describe("People, places, files, systems and identifiers, and what each is in this conversation"),
  preferences: statements.describe("What somebody likes, wants or rules out"),
});

/** A structured summary by the default schema. */
export interface StructuredSummary {
  readonly decisions: readonly string[];
  readonly facts: readonly string[];
  readonly openTasks: readonly string[];
  readonly entities: readonly { readonly name: string; readonly what: string }[];
  readonly preferences: readonly string[];
}

/** Options of `structuredSummarizer`. */
export interface StructuredOptions<T> extends ChunkOptions {
  /** What is asked of the model. Default: decisions, facts, open tasks, entities, preferences. */
  readonly schema?: z.ZodType<T> | undefined;
  /** Writes the record as the summary's text. Default: a heading for each field, a line for each entry. */
  readonly render?: ((record: T) => string) | undefined;
  /** System prompt. Default: our own. */
  readonly systemPrompt?: string | undefined;
  /** Who the user is, for `{user_name}` in the prompts. Default: "the user". */
  readonly userName?: string | undefined;
}

/**
 * Asks a chat model for a record of a zod schema instead of free text, checks it and writes it out. An answer that is not
 * valid goes back once with what is wrong; if the second is not valid either, the summary has failed. The record is kept, as the
 * model wrote it, in `metadata.record`, and the next fold gets it whole. Works with any chat model: the schema is part of the prompt.
 * @throws ConfigurationError when `model` cannot be called or an option is not valid.
 */
export function structuredSummarizer<T = StructuredSummary>(
  model: ChatModel,
  options: StructuredOptions<T> = {},
): Summarizer {
  const schema = (options.schema ?? SUMMARY_SCHEMA) as z.ZodType<T>;
  if (typeof (schema as Partial<z.ZodType>)?.safeParse !== "function") {
    throw new ConfigurationError(`Expected \`schema\` to be a zod schema, got ${describe(schema)}`);
  }
  const facts = factsOf(model);
  const jsonSchema = jsonSchemaOf(schema);
  const prompts = compilePrompts({
    prompt: DEFAULT_STRUCTURED_PROMPT,
    mergePrompt: DEFAULT_STRUCTURED_PROMPT.replace("{conversation_text}", "{partial_summaries}"),
    systemPrompt: options.systemPrompt ?? DEFAULT_SYSTEM_PROMPT,
    ...(options.userName !== undefined && { userName: options.userName }),
  });
  const render = options.render ?? renderRecord;
  const inner: Summarizer = {
    name: "structured",
    model: facts.name,
    contextWindow: facts.contextWindow,
    summarize: async (request) => {
      const { system = "", user } = prompts.render({
        purpose: request.purpose,
        conversation: request.transcript,
        id: request.id,
        previous: request.previous.map((summary) => summary.text).join("\n\n"),
      });
      const messages = [new SystemMessage(system), new HumanMessage(`${user}\n${jsonSchema}`)];
      const { record, value, ...told } = await askForRecord(model, schema, messages, request);
      // A stretch of small talk holds nothing to record, which is an answer and not a failure.
      const written = render(record);
      const text = written.trim() === "" ? NOTHING_TO_RECORD : written;
      if (request.purpose === "merge") refuseLoss(text, request.blocks);
      return { text, ...told, metadata: { record: value } };
    },
  };
  const parts = chunked(inner, options);
  return {
    ...parts,
    // The next fold gets the whole record, not the text of it, which may be cut or leave things out.
    summarize: async (request) => {
      const answer = await parts.summarize({ ...request, previous: request.previous.map(withRecord) });
      refuseLoss(
        answer.text,
        request.previous.map((summary) => summary.text),
      );
      return answer;
    },
  };
}

const NOTHING_TO_RECORD = "Nothing to record.";

/** @throws UnusableAnswer for a record of nothing in the place of texts that held something. */
function refuseLoss(text: string, before: readonly string[]): void {
  const held = before.some((each) => each.trim() !== NOTHING_TO_RECORD && hasWords(each));
  if (held && text.trim() === NOTHING_TO_RECORD) throw new UnusableAnswer("empty-summary");
}

function withRecord(summary: SessionSummary): SessionSummary {
  const { record } = summary.metadata;
  return record === undefined ? summary : new SessionSummary({ ...summary, text: JSON.stringify(record) });
}

async function askForRecord<T>(
  model: ChatModel,
  schema: z.ZodType<T>,
  messages: BaseMessage[],
  { signal, purpose, observer }: SummarizerRequest,
): Promise<{ record: T; value: unknown } & Pick<SummarizerResult, "model" | "usage">> {
  const terms = { signal, maxTokens: undefined, purpose, observer };
  const first = await askModel(model, messages, terms);
  const read = await parseJsonAnswer(first.text, schema);
  if ("record" in read) return { ...read, model: first.model, usage: first.usage };
  const complaint = new HumanMessage(
    `That is not a valid record: ${read.problem}. Answer with the corrected JSON object and nothing else.`,
  );
  const second = await askModel(model, [...messages, new AIMessage(first.text), complaint], terms);
  const repaired = await parseJsonAnswer(second.text, schema);
  if (!("record" in repaired) && isRefusal(second.text)) throw new UnusableAnswer("summary-refused");
  if (!("record" in repaired)) throw new Error(`The model gave no valid record: ${repaired.problem}`);
  return {
    ...repaired,
    model: second.model,
    usage: addUsage([first.usage, second.usage]),
  };
}

function jsonSchemaOf(schema: z.ZodType): string {
  let json: { readonly type?: unknown };
  try {
    json = z.toJSONSchema(schema, { io: "input" }) as typeof json;
  } catch (cause) {
    throw new ConfigurationError("Expected `schema` to have a JSON schema, which it has not", { cause });
  }
  if (json.type !== "object")
    throw new ConfigurationError("Expected `schema` to be of an object, since the answer is one");
  return JSON.stringify(json);
}
