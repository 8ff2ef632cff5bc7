import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { cpus } from "node:os";
import { dirname, join } from "node:path";

const BEGIN = "<!-- measured: begin -->";
const END = "<!-- measured: end -->";

/** A page with the measured part replaced. Throws if the page has no place for it. */
export function intoPage(page: string, measured: string): string {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`Expected ${BEGIN} and ${END} in the page`);
  return `${page.slice(0, begin)}${BEGIN}\n\n${measured}\n\n${page.slice(end)}`;
}

/** When, on what and with which versions it was measured. */
export async function circumstances(): Promise<string> {
  const names = ["langchain", "deepagents", "@langchain/core", "@langchain/langgraph", "@langchain/openai"];
  const versions = await Promise.all(names.map(async (name) => `${name} ${await versionOf(name)}`));
  const [cpu] = cpus();
  const day = new Date().toISOString().slice(0, 10);
  return `Measured on ${day}, Node ${process.versions.node}, ${cpus().length} x ${cpu?.model}, ${versions.join(", ")}.`;
}

/** The version of a package that is in use. Its package.json may not be exported, so it is looked for from its entry up. */
async function versionOf(name: string): Promise<string> {
  const entry = createRequire(import.meta.url).resolve(name);
  for (let folder = dirname(entry); folder !== dirname(folder); folder = dirname(folder)) {
    const manifest = await readFile(join(folder, "package.json"), "utf8").catch((error: unknown) => {
      if ((error as { code?: unknown }).code === "ENOENT") return "{}";
      throw error;
    });
    const { name: found, version } = JSON.parse(manifest) as { name?: string; version?: string };
    if (found === name && version !== undefined) return version;
  }
  throw new Error(`No version of ${name}`);
}
