/** A new random id (UUID version 4). */
export function randomId(): string {
  return crypto.randomUUID();
}
