/** A plain table: heads, a rule, rows. Columns are aligned to the right but for those named `left`. */
export function table(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
  { left = [] }: { readonly left?: readonly number[] } = {},
): string {
  const widths = heads.map((head, column) =>
    rows.reduce((widest, row) => Math.max(widest, row[column]?.length ?? 0), head.length),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) =>
        left.includes(column) ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join("  ")
      .trimEnd();
  return [line(heads), widths.map((width) => "-".repeat(width)).join("  "), ...rows.map(line)].join("\n");
}
