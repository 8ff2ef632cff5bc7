/** How a secret of a kind is made up: fixed parts, and so many characters of an alphabet. */
export interface SecretSample {
  /** The kind's name in markers. */
  readonly kind: string;
  readonly parts: readonly (string | { readonly of: readonly string[]; readonly length: number })[];
  /** What must stand in front of it, or behind it. */
  readonly context?: string;
  readonly closing?: string;
  /** Whether it is only found where no letter, digit or dash stands in front of it. */
  readonly needsBoundary?: boolean;
  /** The part that must be gone, where that is not all of it. */
  readonly needle?: (secret: string) => string;
}

const LOWER = [..."abcdefghijklmnopqrstuvwxyz"];
const UPPER = LOWER.map((letter) => letter.toUpperCase());
const DIGIT = [..."0123456789"];
const HEX = [..."0123456789abcdef"];
const BASE32 = [...UPPER, ..."234567"];
const ALNUM = [...LOWER, ...UPPER, ...DIGIT];
const URL_SAFE = [...ALNUM, "-", "_"];

const some = (of: readonly string[], length: number) => ({ of, length });
const alnum = (length: number) => some(ALNUM, length);
const urlSafe = (length: number) => some(URL_SAFE, length);
const hex = (length: number) => some(HEX, length);

/** One of each kind, and of each form of it. */
export const SECRETS: readonly SecretSample[] = [
  { kind: "anthropic-api-key", parts: ["sk-ant-", "api03-", urlSafe(93), "AA"] },
  { kind: "openrouter-api-key", parts: ["sk-or-", "v1-", hex(64)] },
  { kind: "openai-api-key", parts: ["sk-", "proj-", urlSafe(100)] },
  { kind: "openai-api-key", parts: ["sk-", alnum(20), "T3Blb", "kFJ", alnum(20)] },
  { kind: "openai-api-key", parts: ["sk-", "a7", hex(30)], needsBoundary: true },
  { kind: "aws-access-key", parts: ["AK", "IA", some(BASE32, 16)] },
  { kind: "aws-access-key", parts: ["AS", "IA", some(BASE32, 16)] },
  { kind: "google-api-key", parts: ["AI", "za", urlSafe(35)] },
  { kind: "google-oauth-secret", parts: ["GOC", "SPX-", urlSafe(28)] },
  { kind: "google-oauth-token", parts: ["ya", "29.", urlSafe(60)] },
  ...["ghp", "gho", "ghu", "ghs", "ghr"].map((type) => ({
    kind: "github-token",
    parts: [`${type}_`, alnum(36)],
  })),
  { kind: "github-token", parts: ["github", "_pat_", alnum(22), "_", alnum(59)] },
  { kind: "gitlab-token", parts: ["gl", "pat-", urlSafe(20)] },
  { kind: "slack-token", parts: ["xo", "xb-", some(DIGIT, 12), "-", some(DIGIT, 12), "-", alnum(24)] },
  {
    kind: "slack-webhook",
    parts: ["hooks.slack", ".com/services/", "T", alnum(8), "/B", alnum(8), "/", alnum(24)],
    context: "https://",
  },
  { kind: "stripe-key", parts: ["sk", "_live_", alnum(24)] },
  { kind: "stripe-key", parts: ["rk", "_live_", alnum(24)] },
  { kind: "stripe-key", parts: ["whs", "ec_", alnum(32)] },
  { kind: "npm-token", parts: ["np", "m_", alnum(36)] },
  { kind: "pypi-token", parts: ["pypi", "-AgEIcHlwaS5vcmc", urlSafe(60)] },
  { kind: "hugging-face-token", parts: ["h", "f_", alnum(34)] },
  { kind: "sendgrid-api-key", parts: ["S", "G.", urlSafe(22), ".", urlSafe(43)] },
  { kind: "twilio-key", parts: ["S", "K", hex(32)] },
  { kind: "twilio-key", parts: ["A", "C", hex(32)] },
  { kind: "telegram-bot-token", parts: [some(DIGIT, 10), ":A", "A", urlSafe(33)] },
  { kind: "mailgun-key", parts: ["key", "-", hex(32)], needsBoundary: true },
  { kind: "digitalocean-token", parts: ["dop", "_v1_", hex(64)] },
  { kind: "shopify-token", parts: ["shp", "at_", hex(32)] },
  { kind: "docker-token", parts: ["dckr", "_pat_", urlSafe(27)] },
  { kind: "databricks-token", parts: ["da", "pi", hex(32)] },
  { kind: "vault-token", parts: ["hv", "s.", urlSafe(90)] },
  { kind: "grafana-token", parts: ["gl", "sa_", alnum(32), "_", hex(8)] },
  { kind: "linear-api-key", parts: ["lin", "_api_", alnum(40)] },
  { kind: "notion-token", parts: ["nt", "n_", alnum(46)] },
  { kind: "groq-api-key", parts: ["gs", "k_", alnum(52)] },
  { kind: "xai-api-key", parts: ["xa", "i-", alnum(80)] },
  { kind: "replicate-token", parts: ["r", "8_", alnum(37)] },
  { kind: "perplexity-api-key", parts: ["pp", "lx-", alnum(48)] },
  { kind: "atlassian-token", parts: ["ATA", "TT3", urlSafe(180)] },
  { kind: "postman-api-key", parts: ["PM", "AK-", hex(24), "-", hex(34)] },
  { kind: "age-secret-key", parts: ["AGE-SECRET", "-KEY-1", some([...UPPER, ...DIGIT], 58)] },
  { kind: "jwt", parts: ["ey", "J", alnum(33), ".", "ey", "J", urlSafe(60), ".", urlSafe(43)] },
  {
    kind: "private-key",
    parts: [
      "-----BEGIN RSA ",
      "PRIVATE KEY-----\n",
      alnum(64),
      "\n",
      alnum(64),
      "\n",
      "-----END RSA PRIVATE KEY-----",
    ],
  },
  {
    kind: "private-key",
    parts: ["-----BEGIN ", "PRIVATE KEY-----\\n", alnum(64), "\\n", alnum(64), "\\n"],
    closing: "...",
  },
  {
    kind: "url-password",
    parts: ["p7", alnum(12)],
    context: "postgres://app:",
    closing: "@db.internal:5432/main",
  },
  { kind: "authorization", parts: ["a7", alnum(30)], context: "Bearer " },
  { kind: "authorization", parts: ["dXNlcjpwYXNz"], context: "Basic " },
  { kind: "assigned-secret", parts: ["p7", alnum(8)], context: "password=", closing: "\n" },
  { kind: "assigned-secret", parts: [some(LOWER, 12)], context: '"password": "q7', closing: '"' },
  { kind: "assigned-secret", parts: ["a1b2c3", alnum(30)], context: "api_key: '", closing: "'" },
  { kind: "assigned-secret", parts: ["aB3", alnum(37)], context: "aws_secret_access_key = ", closing: "\n" },
  { kind: "assigned-secret", parts: ["aB3", alnum(83), "=="], context: ";AccountKey=", closing: ";" },
];
