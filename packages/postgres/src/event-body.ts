import { InvalidEventError, type SessionEvent } from "@sessionfold/core";
import { eventBody } from "@sessionfold/core/storage";

/** An event as it is stored. @throws InvalidEventError for what JSON cannot hold */
export function bodyOf(event: SessionEvent): string {
  try {
    return eventBody(event);
  } catch {
    // The engine's own error quotes a piece of what it could not write.
    throw new InvalidEventError("Expected `event` to be plain JSON, got what JSON cannot hold");
  }
}
