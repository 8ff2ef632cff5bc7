export type { SqliteSessionServiceOptions } from "./options.ts";
export { SqliteSessionService } from "./sqlite-session-service.ts";
