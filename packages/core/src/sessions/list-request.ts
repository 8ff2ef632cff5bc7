import { ConfigurationError } from "../shared/errors.ts";
import { describe, requireObject } from "../shared/validate.ts";
import type { ListSessionsRequest } from "./session-service.ts";

const DEFAULT_PAGE = 100;

/** A request for a page, checked. */
export interface ListPage {
  readonly appName: string;
  readonly userId: string | undefined;
  /** Ordinal of the last session of the page before; 0 for the first page. Ordinals grow with every session made. */
  readonly after: number;
  readonly limit: number;
}

/** @throws ConfigurationError that names the field which is not what it must be. */
export function listPage(request: ListSessionsRequest): ListPage {
  requireObject("request", request);
  const { appName, userId, limit = DEFAULT_PAGE, cursor } = request;
  for (const [field, value] of Object.entries({ appName, ...(userId !== undefined && { userId }) })) {
    if (typeof value !== "string" || value === "")
      throw new ConfigurationError(
        `Expected \`${field}\` to be a string with text in it, got ${describe(value)}`,
      );
  }
  if (!Number.isSafeInteger(limit) || limit < 1)
    throw new ConfigurationError(
      `Expected \`limit\` to be an integer above 0 and below 2^53, got ${describe(limit)}`,
    );
  const after = cursor === undefined ? 0 : Number(cursor);
  if (!Number.isSafeInteger(after) || after < 0) {
    throw new ConfigurationError(
      `Expected \`cursor\` to be the nextCursor of a page, got ${describe(cursor)}`,
    );
  }
  return { appName, userId, after, limit };
}
