import {
  exportSession,
  type ImportingService,
  InMemorySessionService,
  type SessionKey,
  type SessionService,
} from "@sessionfold/core";
import { JsonSessionService } from "../conformance/json-session-service.ts";

/** A store that takes over sessions, for the tests to export from and to import into. */
export interface ExportStore {
  readonly name: string;
  /** Opens it empty. */
  readonly create: () => Promise<ImportingService> | ImportingService;
  readonly dispose?: (service: ImportingService) => unknown;
}

/** Hands out what it holds as read from text, as a store with a database does. */
function textStore(): ImportingService {
  const storage = new InMemorySessionService();
  const service = new JsonSessionService(storage);
  service.importSession = (request) => storage.importSession(request);
  return service;
}

/** Every store, between any two of which a session may go. */
export const EXPORT_STORES: readonly ExportStore[] = [
  { name: "in-memory", create: () => new InMemorySessionService() },
  { name: "text", create: textStore },
];

/** The whole export as one text. */
export async function textOf(service: SessionService, key: SessionKey): Promise<string> {
  let text = "";
  for await (const line of exportSession(service, key)) text += line;
  return text;
}
