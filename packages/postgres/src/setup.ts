import { ConfigurationError, StoredDataError } from "@sessionfold/core";
import type { Database, Query } from "./database.ts";
import { MIGRATIONS, SCHEMA_VERSION } from "./migrations.ts";
import { ensureSearchIndex, makeSearchIndexOfNewTable, makeTrigrams } from "./search-index.ts";
import { migrationStep } from "./statements.ts";
import { isNotSetUp, notSetUp } from "./store-errors.ts";

/**
 * Makes what is missing of the schema. Safe to call again, and from many processes at once: they wait for each other. Where
 * nothing is missing, tables are only read: whoever asks for more waits for the writers of the moment, and all who come
 * later wait behind it.
 */
export async function setUp(
  database: Database,
  schema: string,
  logger: { warn(message: string): void },
): Promise<void> {
  if ((await prepare(database, schema)) < SCHEMA_VERSION) {
    // Before the tables, whose index needs it. What hinders it is told below.
    await makeTrigrams(database, schema);
    await migrate(database, schema);
  }
  await ensureSearchIndex(database, schema, logger);
}

async function migrate(database: Database, schema: string): Promise<void> {
  for (const { version, statements } of MIGRATIONS) {
    await database.run({ repeatable: true, transaction: true }, async (query) => {
      await query("lockSetup", [schema]);
      const present = await storedVersion(query);
      refuseNewer(present);
      if (present >= version) return;
      for (const at of statements.keys()) await query(migrationStep(version, at));
      if (version === 1) await makeSearchIndexOfNewTable(query);
      await query("setVersion", [version]);
    });
  }
}

/** @throws ConfigurationError where the schema was not set up, or not for this version; StoredDataError where a newer one did it */
export async function requireSetUp(database: Database): Promise<void> {
  const present = await database.run({ repeatable: true }, async (query) => {
    try {
      return await storedVersion(query);
    } catch (error) {
      if (isNotSetUp(error)) throw notSetUp(error);
      throw error;
    }
  });
  refuseNewer(present);
  if (present < SCHEMA_VERSION) throw notSetUp();
}

/** Makes the schema and the table of versions, if they are missing: the version that there is, 0 for none. */
function prepare(database: Database, schema: string): Promise<number> {
  return database.run({ repeatable: true, transaction: true }, async (query) => {
    await query("lockSetup", [schema]);
    const [{ encoding } = {}] = await query("encoding");
    if (encoding !== "UTF8")
      throw new ConfigurationError(
        `Expected the encoding of the database to be UTF8, got ${String(encoding)}: others cannot hold every text`,
      );
    const quoted = `"${schema}"`;
    if (!(await holds(query, "schemaExists", quoted))) await query("createSchema");
    if (!(await holds(query, "tableExists", `${quoted}.migrations`))) await query("createMigrations");
    const present = await storedVersion(query);
    refuseNewer(present);
    return present;
  });
}

async function holds(
  query: Query,
  statement: "schemaExists" | "tableExists",
  name: string,
): Promise<boolean> {
  const [{ exists } = {}] = await query(statement, [name]);
  return exists === true;
}

async function storedVersion(query: Query): Promise<number> {
  const [{ version } = {}] = await query("version");
  return Number(version ?? 0);
}

function refuseNewer(present: number): void {
  if (present > SCHEMA_VERSION)
    throw new StoredDataError(
      `Expected the version of the schema to be at most ${SCHEMA_VERSION}, got ${present}: a newer version of @sessionfold/postgres made it`,
    );
}
