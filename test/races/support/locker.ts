import { DatabaseSync } from "node:sqlite";
import { hearing, tell } from "../../crash/support/telling.ts";

/** A process that holds the lock of a file until it is told to let go. */

const next = hearing();
tell({ kind: "ready" });
const { path, whole } = (await next()) as { readonly path: string; readonly whole: boolean };
const database = new DatabaseSync(path);
// Keeps readers out as well, as tools that repair or copy files do.
if (whole) database.exec("PRAGMA locking_mode = EXCLUSIVE");
database.exec("BEGIN EXCLUSIVE");
tell({ kind: "held" });
await next();
database.exec("ROLLBACK");
database.close();
tell({ kind: "released" });
process.exit(0);
