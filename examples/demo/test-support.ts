import { spawn } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";

/** What a run of the demo left. */
export interface DemoRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What Node is given to run the demo, as in the script `demo`. */
export const DEMO_COMMAND: readonly string[] = [
  "--conditions=@sessionfold/source",
  fileURLToPath(new URL("main.ts", import.meta.url)),
];

/** Runs the demo as `npm run demo -- ...args` does, without any key unless one is given. */
export function runDemo(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<DemoRun> {
  const { OPENAI_API_KEY: _key, OPENAI_BASE_URL: _url, ...rest } = process.env;
  const child = spawn(process.execPath, [...DEMO_COMMAND, ...args], {
    env: { ...rest, ...env },
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}

/** A server on this machine that answers chat completions as OpenAI does. */
export interface FakeOpenAi {
  readonly url: string;
  readonly requests: readonly { readonly path: string; readonly key: string; readonly body: string }[];
  close(): void;
}

/** Starts a server that answers every chat completion with the same text, or with an error status. */
export async function fakeOpenAi(answer: string | number): Promise<FakeOpenAi> {
  const requests: { path: string; key: string; body: string }[] = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += String(chunk);
    requests.push({ path: request.url ?? "", key: request.headers.authorization ?? "", body });
    const isError = typeof answer === "number";
    response.writeHead(isError ? answer : 200, { "content-type": "application/json" });
    response.end(JSON.stringify(isError ? { error: { message: "wrong key" } } : completion(answer)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/v1`, requests, close: () => server.close() };
}

function completion(content: string) {
  return {
    id: "chatcmpl-1",
    object: "chat.completion",
    created: 1,
    model: "test-model",
    choices: [{ index: 0, finish_reason: "stop", message: { role: "assistant", content } }],
    usage: { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 },
  };
}
