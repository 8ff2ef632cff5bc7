import { ConfigurationError, StoredDataError } from "@sessionfold/core";
import type { Database, Query } from "./database.ts";
import { MIGRATIONS, SCHEMA_VERSION } from "./migrations.ts";
import { migrationStep } from "./statements.ts";
import { isNotSetUp, notSetUp } from "./store-errors.ts";

/** Makes what is missing of the schema. Safe to call again, and from many processes at once: they wait for each other. */
export async function migrate(database: Database, schema: string): Promise<void> {
  for (const { version, statements } of MIGRATIONS) {
    await database.run({ repeatable: true, transaction: true }, async (query) => {
      await query("lockSetup", [schema]);
      if (version === 1) await prepare(query, schema);
      const present = await storedVersion(query);
      refuseNewer(present);
      if (present >= version) return;
      for (const at of statements.keys()) await query(migrationStep(version, at));
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

async function prepare(query: Query, schema: string): Promise<void> {
  const [{ encoding } = {}] = await query("encoding");
  if (encoding !== "UTF8")
    throw new ConfigurationError(
      `Expected the encoding of the database to be UTF8, got ${String(encoding)}: others cannot hold every text`,
    );
  const quoted = `"${schema}"`;
  if (!(await holds(query, "schemaExists", quoted))) await query("createSchema");
  if (!(await holds(query, "tableExists", `${quoted}.migrations`))) await query("createMigrations");
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
