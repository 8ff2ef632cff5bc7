import { isSessionfoldError } from "@sessionfold/core";
import type { Database, Query } from "./database.ts";
import { isConnectionLoss, sqlState } from "./store-errors.ts";

type Logger = { warn(message: string): void };

const SLOWLY = "searches work without an index";

/**
 * Makes the extension that has the operators of the index by which words are found, if it may: the code of what was in the
 * way.
 */
export async function makeTrigrams(database: Database, schema: string): Promise<string | undefined> {
  return refusalOf(() =>
    database.run({ repeatable: true, transaction: true }, async (query) => {
      await query("lockSetup", [schema]);
      if ((await operators(query)) === undefined) await query("createTrigrams");
    }),
  );
}

/**
 * Makes the index in the transaction that makes its table, which nobody can wait for yet. None where the extension is
 * missing.
 */
export async function makeSearchIndexOfNewTable(query: Query): Promise<void> {
  const schema = await operators(query);
  if (schema !== undefined) await query("createSearchIndex", [], { $operators: schema });
}

/**
 * Makes the index of a table that is in use, where it is missing or the remains of a build that was cut off. Where it is
 * there, nothing is locked; where it is built, appends go on.
 */
export async function ensureSearchIndex(database: Database, schema: string, logger: Logger): Promise<void> {
  const name = `"${schema}".events_text`;
  const found = await database.run({ repeatable: true }, (query) => isValid(query, name));
  if (found === true) return;
  const problem = await makeTrigrams(database, schema);
  const refusal = await refusalOf(() =>
    database.run({ repeatable: true }, async (query) => {
      const operatorSchema = await operators(query);
      if (operatorSchema === undefined)
        logger.warn(
          `sessionfold: the extension pg_trgm is not there and could not be made (SQLSTATE ${problem ?? "unknown"}): ${SLOWLY}`,
        );
      else if (!(await build(query, schema, name, operatorSchema)))
        logger.warn(`sessionfold: another process builds the index of searches: until then ${SLOWLY}`);
    }),
  );
  if (refusal !== undefined)
    logger.warn(
      `sessionfold: the index of searches could not be built (SQLSTATE ${refusal}): ${SLOWLY}, and the next setup() tries again`,
    );
}

/**
 * Builds the index while others write. Two builds at once would each wait for the end of the other, so that only one may
 * begin: false if another one has. The lock is the connection's, since such a build cannot be part of a transaction; who
 * waited for it would be waited for by the build.
 */
async function build(query: Query, schema: string, name: string, operatorSchema: string): Promise<boolean> {
  const [{ taken } = {}] = await query("lockIndexing", [schema]);
  if (taken !== true) return false;
  try {
    const found = await isValid(query, name);
    if (found === true) return true;
    if (found === false) await query("dropSearchIndex");
    await query("createSearchIndexLate", [], { $operators: operatorSchema });
    return true;
  } finally {
    await query("unlockIndexing", [schema]);
  }
}

/** Whether the index can be used; undefined where there is none. */
async function isValid(query: Query, name: string): Promise<boolean | undefined> {
  const [index] = await query("searchIndex", [name]);
  return index === undefined ? undefined : index.valid === true;
}

/** The quoted name of the schema that the extension is in: it may be any, and need not be on the search path. */
async function operators(query: Query): Promise<string | undefined> {
  const [found] = await query("trigramSchema");
  return found === undefined ? undefined : String(found.schema);
}

/** The code with which the server refused the work; undefined if it was done. What else went wrong is thrown. */
async function refusalOf(work: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    const cause: unknown = isSessionfoldError(error) ? error.cause : error;
    const state = sqlState(cause);
    if (state === undefined || isConnectionLoss(cause)) throw error;
    return state;
  }
}
