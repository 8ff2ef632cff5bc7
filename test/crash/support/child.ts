import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** Compiled code of the children, so that hundreds of them begin soon. */
const CACHE = mkdtempSync(join(tmpdir(), "sessionfold-children-"));
process.once("exit", () => rmSync(CACHE, { recursive: true, force: true }));

/** How a child has ended. */
export interface ChildEnd {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  /** What it wrote to stderr. */
  readonly errors: string;
}

/** A process of its own that is given jobs as lines and tells what it does as lines, all of them JSON. */
export class Child<Line extends { readonly kind: string }> {
  /** What it has told so far. */
  readonly told: Line[] = [];
  /** Called with every line. */
  onLine: (line: Line) => void = () => undefined;
  readonly ended: Promise<ChildEnd>;
  readonly #process: ChildProcess;
  readonly #waiting = new Set<() => void>();
  #isOver = false;

  /** Starts a module. It tells "ready" once it has loaded. */
  constructor(file: string) {
    this.#process = spawn(process.execPath, ["--conditions=@sessionfold/source", file], {
      env: { ...process.env, NODE_COMPILE_CACHE: CACHE },
    });
    const { stdin, stdout, stderr } = this.#process;
    if (stdin === null || stdout === null || stderr === null) throw new Error("Expected pipes");
    let errors = "";
    stderr.on("data", (piece) => {
      errors += piece;
    });
    // A child that was killed reads no more.
    stdin.on("error", () => undefined);
    const lines = createInterface({ input: stdout });
    lines.on("line", (text) => {
      const line = JSON.parse(text) as Line;
      this.told.push(line);
      this.onLine(line);
      this.#wake();
    });
    this.ended = Promise.all([once(this.#process, "close"), once(lines, "close")]).then(
      ([[code, signal]]) => {
        this.#isOver = true;
        this.#wake();
        return { exitCode: code as number | null, signal: signal as NodeJS.Signals | null, errors };
      },
    );
  }

  /** Hands it a line. */
  send(message: unknown): void {
    this.#process.stdin?.write(`${JSON.stringify(message)}\n`);
  }

  /** Waits until it has told something. @throws Error when it ends before that */
  async until(holds: (told: readonly Line[]) => boolean): Promise<void> {
    while (!holds(this.told)) {
      if (this.#isOver) {
        const { exitCode, signal, errors } = await this.ended;
        throw new Error(`A child ended too soon (${exitCode ?? signal}): ${errors}`);
      }
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  /** Waits until it has told something of that kind. */
  untilTold(kind: Line["kind"]): Promise<void> {
    return this.until((told) => told.some((line) => line.kind === kind));
  }

  /** Ends it at once, as a crash does. */
  crash(): void {
    this.#process.kill("SIGKILL");
  }

  /** Stops it where it stands. */
  pause(): void {
    this.#process.kill("SIGSTOP");
  }

  /** Lets it go on. */
  resume(): void {
    this.#process.kill("SIGCONT");
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }
}
