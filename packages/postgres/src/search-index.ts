import { isSessionfoldError } from "@sessionfold/core";
import type { Database } from "./database.ts";
import { isConnectionLoss, sqlState } from "./store-errors.ts";

/**
 * Makes the index by which words are found. It needs the extension `pg_trgm`; without it, and without the right to make it,
 * a search reads the texts of its session one by one.
 */
export async function makeSearchIndex(
  database: Database,
  schema: string,
  logger: { warn(message: string): void },
): Promise<void> {
  const problem = await extensionProblem(database, schema);
  await database.run({ repeatable: true, transaction: true }, async (query) => {
    await query("lockSetup", [schema]);
    const [trigrams] = await query("trigramSchema");
    if (trigrams !== undefined) {
      // The extension may be in any schema, and an index names its operators by the path of the moment.
      await query("setSearchPath", [`${String(trigrams.schema)}, pg_catalog`]);
      await query("createSearchIndex");
    } else {
      logger.warn(
        `sessionfold: the extension pg_trgm is not there and could not be made (SQLSTATE ${problem ?? "unknown"}): searches work without an index`,
      );
    }
  });
}

/** Makes the extension, if it may: the code of what was in the way. */
async function extensionProblem(database: Database, schema: string): Promise<string | undefined> {
  try {
    await database.run({ repeatable: true, transaction: true }, async (query) => {
      await query("lockSetup", [schema]);
      const [trigrams] = await query("trigramSchema");
      if (trigrams === undefined) await query("createTrigrams");
    });
    return undefined;
  } catch (error) {
    const cause: unknown = isSessionfoldError(error) ? error.cause : error;
    const state = sqlState(cause);
    if (state === undefined || isConnectionLoss(cause)) throw error;
    return state;
  }
}
