/**
 * By how many percent a fold shortened the window: `(original - compressed) / original * 100`, both counted in
 * events. 0 for an empty window; negative when the window grew.
 */
export function compressionRatio(original: number, compressed: number): number {
  return original === 0 ? 0 : ((original - compressed) / original) * 100;
}
