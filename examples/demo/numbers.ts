/** 12,345: the same on every machine. */
export function count(figure: number): string {
  return Math.round(figure).toLocaleString("en-US");
}

/** 1 event, 2 events. */
export function plural(figure: number, noun: string): string {
  return `${count(figure)} ${noun}${figure === 1 ? "" : "s"}`;
}

/** 37.5 % */
export function percent(figure: number): string {
  return `${figure.toFixed(1)} %`;
}

/** Text without control characters: a tool's output may hold sequences that would recolour or clear a terminal. */
export function printable(text: string): string {
  return text.replace(/[^\P{Cc}\n\t]/gu, "");
}

/** Text on one line, cut to so many characters. */
export function short(text: string, most: number): string {
  // Only the start is looked at: a tool result may be megabytes long.
  const line = printable(text.slice(0, most * 4).replace(/\s+/g, " ")).trim();
  const characters = Array.from(line);
  return characters.length > most || text.length > most * 4
    ? `${characters.slice(0, most).join("")}...`
    : line;
}
