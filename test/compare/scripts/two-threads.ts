import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chat, human, thread } from "../chats.ts";
import type { Script } from "../figure.ts";
import { markersIn } from "../observe.ts";
import { markersOf } from "../summarizer-script.ts";
import { answered, inWorld, textOf } from "../world.ts";

const NAMES = ["red", "blue"] as const;

export const twoThreads: Script = {
  title: "Two threads at once",
  what: "Two threads of one agent are folded at the same time, and then again one after the other. Those who write histories to files get a directory (deepagents: its FilesystemBackend).",
  figures: [
    { name: "requests that show one thread something of the other", better: "less" },
    { name: "files that hold something of both threads", better: "less" },
    { name: "messages that the models know of, both threads (of 80)", better: "more" },
  ],
  play: async (contestant) => {
    const historyDir = await mkdtemp(join(tmpdir(), "compare-"));
    try {
      return await inWorld(contestant, {}, async (world) => {
        const agent = world.agent({ historyDir });
        const run = (name: string, from: number): Promise<unknown> => {
          const messages = [...chat(20, { name, from }), human("And now?")];
          return answered(agent.invoke({ messages }, thread(name)));
        };
        await Promise.all(NAMES.map((name) => run(name, 0)));
        for (const name of NAMES) await run(name, 20);
        const isMixed = (text: string): boolean => NAMES.every((name) => text.includes(`MARK-${name}-`));
        const requests = [...world.main, ...world.summary].map(textOf);
        const last = NAMES.map((name) => world.main.filter((one) => markersIn(one, name) > 0).at(-1));
        return {
          "requests that show one thread something of the other": requests.filter(isMixed).length,
          "files that hold something of both threads": (await textsBelow(historyDir)).filter(isMixed).length,
          "messages that the models know of, both threads (of 80)": last
            .map((request) => markersOf(textOf(request)).length)
            .reduce((sum, count) => sum + count, 0),
        };
      });
    } finally {
      await rm(historyDir, { recursive: true });
    }
  },
};

async function textsBelow(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return Promise.all(files.map((file) => readFile(join(file.parentPath, file.name), "utf8")));
}
