import { isSessionfoldError, type SessionService } from "@sessionfold/core";
import { reasonOf } from "./replay.ts";
import { UserError } from "./user-error.ts";

/** A task with the service that keeps sessions in that file; without a path with none. The file is closed afterwards. */
export async function withStore(
  path: string | undefined,
  task: (service: SessionService | undefined) => Promise<void>,
): Promise<void> {
  if (path === undefined) return task(undefined);
  // Loaded here, because older Nodes can show all but this.
  const { SqliteSessionService } = await import("@sessionfold/sqlite");
  try {
    const service = new SqliteSessionService(path);
    try {
      // Opens the file, so that one that cannot be opened is told before anything is shown.
      await service.listSessions({ appName: "demo", limit: 1 });
      await task(service);
    } finally {
      await service.close();
    }
  } catch (error) {
    if (!isSessionfoldError(error) || !error.code.startsWith("store")) throw error;
    throw new UserError(`--store: ${path} cannot be used: ${reasonOf(error)}`);
  }
}
