/** Tokens that a model's context window holds, by the profile that the model tells of itself; undefined without one. */
export function contextWindowOf(model: unknown): number | undefined {
  const { bound, profile } = (model ?? {}) as { bound?: unknown; profile?: { maxInputTokens?: unknown } };
  if (bound !== undefined && bound !== null) return contextWindowOf(bound);
  const tokens = profile?.maxInputTokens;
  return typeof tokens === "number" && tokens > 0 ? tokens : undefined;
}
