import { ConfigurationError } from "@sessionfold/core";
import { describe } from "@sessionfold/core/storage";
import pg from "pg";

/** A socket, or an address with a scheme. All else would be read as the name of a database on the host "base". */
const ADDRESS = /^(\/|socket:|[a-z][a-z0-9+.-]*:\/)/i;

/** A pool of the options of `pg`. @throws ConfigurationError for an address that cannot be read */
export function ownPool(config: pg.PoolConfig): pg.Pool {
  // `pg` itself reads it at the first connection. An empty one is none to it.
  if (config.connectionString !== undefined && !isReadable(config.connectionString))
    // Without the address and without the cause, which may quote it: it holds a password.
    throw new ConfigurationError(
      `Expected \`connectionString\` to be like postgres://user:password@host:5432/database, got ${describe(config.connectionString)} that cannot be read so`,
    );
  return new pg.Pool(config);
}

function isReadable(connectionString: unknown): boolean {
  if (connectionString === "") return true;
  if (typeof connectionString !== "string" || !ADDRESS.test(connectionString)) return false;
  try {
    // Made, it connects to nothing yet.
    return new pg.Client({ connectionString }) instanceof pg.Client;
  } catch {
    return false;
  }
}
