import { z } from "zod";
import { ConfigurationError } from "../../shared/errors.ts";
import { describe, validate } from "../../shared/validate.ts";
import { API_KEYS } from "./api-keys.ts";
import { ASSIGNED } from "./assigned-secrets.ts";
import { PERSONAL_DATA } from "./personal-data.ts";
import { PRIVATE_KEY } from "./private-keys.ts";
import type { Marker, SecretDetector } from "./secret-detector.ts";
import { AUTHORIZATION, JWT, URL_PASSWORD } from "./web-credentials.ts";

// No library: @secretlint needs Node >= 22, node:path and a promise, and knows neither passwords nor headers;
// @openredaction/core takes 6 s for 100 kB of "sk-", needs node:fs, and takes "by Dana Miller id" for a name.

/** What is replaced, and by what. */
export interface RedactSecretsOptions {
  /** Only these kinds. Default: all, but for personal data. */
  readonly only?: readonly string[] | undefined;
  /** All kinds but these. */
  readonly except?: readonly string[] | undefined;
  /** Personal data as well: `true` for all of "email", "credit-card", "iban" and "phone", or some of them. Default: none. */
  readonly personal?: boolean | readonly string[] | undefined;
  /** Kinds of your own, by name; the whole match is replaced. How long they may take is in your hands. */
  readonly patterns?: Readonly<Record<string, RegExp>> | undefined;
  /** What takes a secret's place, by the name of its kind. Default: `[redacted: github-token]`. */
  readonly replacement?: ((name: string) => string) | undefined;
}

const SECRETS: readonly SecretDetector[] = [
  PRIVATE_KEY,
  JWT,
  ...API_KEYS,
  URL_PASSWORD,
  AUTHORIZATION,
  ASSIGNED,
];

/** Names of the kinds of secrets that `redactSecrets` knows, in the order in which they are looked for. */
export const SECRET_KINDS: readonly string[] = [...new Set(SECRETS.map(({ name }) => name))];

const PERSONAL_KINDS: readonly string[] = PERSONAL_DATA.map(({ name }) => name);

const names = { error: "a list of names of kinds" };
const schema: z.ZodType<RedactSecretsOptions> = z.strictObject(
  {
    only: z.array(z.string(names), names).optional(),
    except: z.array(z.string(names), names).optional(),
    personal: z
      .union([z.boolean(), z.array(z.string())], { error: "true, false or a list of kinds" })
      .optional(),
    patterns: z
      .record(z.string(), z.instanceof(RegExp, { error: "a regular expression" }), {
        error: "regular expressions by name",
      })
      .optional(),
    replacement: z
      .custom<Marker>((value) => typeof value === "function", { error: "a function from a name to a text" })
      .optional(),
  },
  { error: "an object" },
);

/** What a replacement uncovers, such as the rest of a line behind a key, is looked at again, so often at most. */
const PASSES = 3;

/**
 * Makes a function that replaces secrets in a text by markers: keys and tokens of well-known issuers, private keys,
 * passwords in URLs and headers, and what is assigned to names such as `password`. It finds what looks like one of these
 * and nothing else. Time grows with the text alone; a text that was redacted stays as it is.
 * @throws ConfigurationError for an unknown kind, or a pattern that matches the empty text.
 */
export function redactSecrets(options: RedactSecretsOptions = {}): (text: string) => string {
  const { replacement, ...given } = validate(schema, options, "redactSecrets");
  const mark: Marker = replacement ?? ((name) => `[redacted: ${name}]`);
  const detectors = detectorsOf(given);
  return (text) => {
    let redacted = text;
    for (let pass = 0; pass < PASSES; pass++) {
      const before = redacted;
      for (const detector of detectors) redacted = detector.redact(redacted, mark);
      if (redacted === before) break;
    }
    return redacted;
  };
}

function detectorsOf({
  only,
  except = [],
  personal,
  patterns = {},
}: RedactSecretsOptions): readonly SecretDetector[] {
  const own = Object.entries(patterns).map(([name, pattern]) => ownDetector(name, pattern));
  const ownNames = own.map(({ name }) => name);
  const known = [...SECRET_KINDS, ...ownNames];
  checkKinds("only", only ?? [], [...known, ...PERSONAL_KINDS]);
  checkKinds("except", except, [...known, ...PERSONAL_KINDS]);
  const people = personal === true ? PERSONAL_KINDS : personal === false ? [] : (personal ?? []);
  checkKinds("personal", people, PERSONAL_KINDS);
  const wanted = new Set(only ?? known);
  for (const name of people) wanted.add(name);
  for (const name of except) wanted.delete(name);
  return [...own, ...SECRETS, ...PERSONAL_DATA].filter(({ name }) => wanted.has(name));
}

function checkKinds(option: string, given: readonly string[], known: readonly string[]): void {
  const unknown = given.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new ConfigurationError(
    `Expected \`redactSecrets.${option}\` to hold names of kinds (${known.join(", ")}), got ${describe(unknown, true)}`,
  );
}

function ownDetector(name: string, pattern: RegExp): SecretDetector {
  const expression = new RegExp(pattern.source, `${pattern.flags.replace(/[gy]/g, "")}g`);
  if (expression.test("")) {
    throw new ConfigurationError(
      `Expected \`redactSecrets.patterns.${name}\` to match something, got one that matches the empty text`,
    );
  }
  expression.lastIndex = 0;
  return { name, redact: (text, mark) => text.replace(expression, () => mark(name)) };
}
