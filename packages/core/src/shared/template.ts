import { ConfigurationError } from "./errors.ts";

const PLACEHOLDER = /\{([A-Za-z_][A-Za-z0-9_]*)?\}/g;

/** What a template may and must contain. */
export interface TemplateRules {
  /** Placeholders that may stand in it. */
  readonly allowed: readonly string[];
  /** Placeholders without which the template would lose data. */
  readonly required: readonly string[];
}

/** A checked template: fills its placeholders, literally and in one pass. */
export interface Template {
  /** The placeholders that stand in it. */
  readonly placeholders: ReadonlySet<string>;
  /** Fills in the values. What a value contains is text, never a placeholder or a pattern. */
  render(values: Readonly<Record<string, string>>): string;
}

/**
 * Checks a template once, at construction. `{name}` and `{}` are placeholders, every other brace is text.
 * @throws ConfigurationError for an empty template and for a missing or unknown placeholder.
 */
export function compileTemplate(option: string, text: string, rules: TemplateRules): Template {
  if (typeof text !== "string" || text.trim() === "") {
    throw new ConfigurationError(`Expected \`${option}\` to be a template with text in it, got an empty one`);
  }
  const placeholders = new Set<string>();
  for (const match of text.matchAll(PLACEHOLDER)) {
    const name = match[1] ?? "";
    if (!rules.allowed.includes(name)) {
      const known = rules.allowed.map((allowed) => `{${allowed}}`).join(", ") || "none";
      throw new ConfigurationError(
        `Unknown placeholder {${name}} in \`${option}\`; it may contain: ${known}`,
      );
    }
    placeholders.add(name);
  }
  for (const name of rules.required) {
    if (!placeholders.has(name)) throw new ConfigurationError(`Expected \`${option}\` to contain {${name}}`);
  }
  return {
    placeholders,
    render: (values) => text.replace(PLACEHOLDER, (_, name: string) => values[name] ?? ""),
  };
}
