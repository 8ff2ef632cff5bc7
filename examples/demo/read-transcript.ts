import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, isObject, type JsonObject } from "./formats/json.ts";
import { isLangChainMessage, readLangChainMessages } from "./formats/langchain.ts";
import { isNeutralSession, readNeutralSession } from "./formats/neutral.ts";
import { isOpenAiMessage, readOpenAiMessages } from "./formats/openai.ts";
import { type JsonPath, ShapeError, type Transcript, type TranscriptEvent } from "./formats/transcript.ts";
import { type JsonRecord, jsonRecords } from "./json-records.ts";
import { UserError } from "./user-error.ts";

const KNOWN =
  "Known are neutral sessions ({id, events}), OpenAI chat messages ({role, content}) and LangChain stored messages " +
  "({type, data} or {lc, kwargs}), the messages one a line, in a list, or as {messages}";

/**
 * Reads all conversations of a file, plain or gzip. The format is found by the shape of what is in it.
 * @throws UserError with file and line for whatever cannot be read; nothing is handed out then.
 */
export async function readTranscripts(file: string): Promise<readonly Transcript[]> {
  return transcriptsOf(await readText(file), file);
}

/** The conversations in the text of a file. */
export function transcriptsOf(text: string, file: string): readonly Transcript[] {
  const records = jsonRecords(text, file);
  const name = basename(file).replace(/(\.jsonl?)?(\.gz)?$/i, "");
  const [first] = records;
  if (readerOf(first?.value) !== undefined) {
    const messages = records.map(({ value }) => value);
    const events = at(
      file,
      ([index, ...path]) => records[Number(index)]?.lineOf(path),
      () => readMessages(messages),
    );
    return [{ id: name, events }];
  }
  return records.map((record, index) => {
    const fallbackId = records.length === 1 ? name : `${name}-${index + 1}`;
    return at(
      file,
      (path) => record.lineOf(path),
      () => readSession(record, fallbackId),
    );
  });
}

async function readText(file: string): Promise<string> {
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reasons: Record<string, string> = {
      ENOENT: "there is no such file",
      EISDIR: "it is a folder",
      EACCES: "it may not be read",
    };
    throw new UserError(`Cannot read ${file}: ${reasons[code ?? ""] ?? message}`);
  }
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  if (!isGzip && /\.gz$/i.test(file) && !/^\s*[[{]/.test(bytes.toString("latin1", 0, 100)))
    throw new UserError(`Cannot read ${file}: it is not gzip`);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(isGzip ? gunzipSync(bytes) : bytes);
  } catch (error) {
    const reason = isGzip ? `its gzip is damaged (${(error as Error).message})` : "it is not UTF-8 text";
    throw new UserError(`Cannot read ${file}: ${reason}`);
  }
}

function readSession({ value }: JsonRecord, fallbackId: string): Transcript {
  if (isNeutralSession(value)) return readNeutralSession(value, fallbackId);
  if (Array.isArray(value)) return { id: fallbackId, events: readMessages(value) };
  if (isObject(value) && Array.isArray(value.messages)) {
    const events = within("messages", value.messages);
    return { id: idOf(value) ?? fallbackId, events };
  }
  throw new ShapeError(`Unknown shape: ${describe(value)}. ${KNOWN}`);
}

function within(key: string, messages: readonly unknown[]): readonly TranscriptEvent[] {
  try {
    return readMessages(messages);
  } catch (error) {
    if (error instanceof ShapeError) throw new ShapeError(error.message, [key, ...error.path]);
    throw error;
  }
}

function readMessages(messages: readonly unknown[]): readonly TranscriptEvent[] {
  if (messages.length === 0) return [];
  const read = readerOf(messages[0]);
  if (read === undefined)
    throw new ShapeError(`message 1: Unknown shape: ${describe(messages[0])}. ${KNOWN}`, [0]);
  const stranger = messages.findIndex((message) => readerOf(message) !== read);
  if (stranger >= 0)
    throw new ShapeError(
      `message ${stranger + 1}: Expected a message of the same form as the first, got ${describe(messages[stranger])}`,
      [stranger],
    );
  return read(messages);
}

function readerOf(value: unknown) {
  if (isOpenAiMessage(value)) return readOpenAiMessages;
  return isLangChainMessage(value) ? readLangChainMessages : undefined;
}

function idOf(value: JsonObject): string | undefined {
  const id = value.id;
  return typeof id === "string" && id !== "" ? id : undefined;
}

/** Turns an error about a shape into one that tells file and line. */
function at<T>(file: string, line: (path: JsonPath) => number | undefined, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    throw new UserError(`${file}:${line(error.path) ?? 1}: ${error.message}`);
  }
}
