import { matching, RUNS, type SecretDetector, type Shape } from "./secret-detector.ts";

const LETTER_OR_DIGIT = /[A-Za-z0-9]/;
const { alphanumeric, word, token } = RUNS;

/**
 * Keys that tell their issuer by how they begin. Lengths and alphabets are those that the issuers, or the rules of public
 * secret scanners, give; no key needs a boundary in front, so one that is glued to other text is found as well.
 */
const SHAPES: readonly Shape[] = [
  { name: "anthropic-api-key", literals: ["sk-ant-"], start: /sk-ant-[\w-]{20}/g, rest: word },
  { name: "openrouter-api-key", literals: ["sk-or-"], start: /sk-or-v\d-[0-9a-f]{32}/g, rest: alphanumeric },
  {
    name: "openai-api-key",
    literals: ["sk-"],
    start: /sk-(?:proj|svcacct|admin|None)-[\w-]{20}/g,
    rest: word,
  },
  {
    name: "openai-api-key",
    literals: ["sk-"],
    start: /sk-[A-Za-z0-9]{32}/g,
    rest: alphanumeric,
    accept: isShortOpenAiKey,
  },
  { name: "aws-access-key", literals: ["AKIA", "ASIA"], start: /A[KS]IA[A-Z2-7]{16}/g },
  { name: "google-oauth-secret", literals: ["GOCSPX-"], start: /GOCSPX-[\w-]{24}/g, rest: word },
  { name: "google-oauth-token", literals: ["ya29."], start: /ya29\.[\w-]{20}/g, rest: word },
  {
    name: "github-token",
    literals: ["ghp_", "gho_", "ghu_", "ghs_", "ghr_"],
    start: /gh[pousr]_[A-Za-z0-9]{36}/g,
    rest: alphanumeric,
  },
  { name: "github-token", literals: ["github_pat_"], start: /github_pat_\w{50}/g, rest: word },
  {
    name: "gitlab-token",
    literals: ["gl"],
    start: /gl(?:pat|dt|rt|cbt|ptt|ft|soat|oas)-[\w.-]{20}/g,
    rest: word,
  },
  {
    name: "slack-token",
    literals: ["xox", "xapp-"],
    start: /(?:xox[abeoprs]|xapp)-[A-Za-z0-9-]{20}/g,
    rest: word,
  },
  {
    name: "slack-webhook",
    literals: ["hooks.slack.com"],
    start: /hooks\.slack\.com\/(?:services|workflows)\/[\w/]{20}/g,
    rest: token,
  },
  {
    name: "stripe-key",
    literals: ["k_live_", "k_test_"],
    start: /[rs]k_(?:live|test)_[A-Za-z0-9]{16}/g,
    rest: alphanumeric,
  },
  { name: "stripe-key", literals: ["whsec_"], start: /whsec_[A-Za-z0-9+/=]{24}/g, rest: token },
  { name: "npm-token", literals: ["npm_"], start: /npm_[A-Za-z0-9]{36}/g, rest: alphanumeric },
  { name: "pypi-token", literals: ["pypi-AgE"], start: /pypi-AgE[\w-]{50}/g, rest: word },
  { name: "hugging-face-token", literals: ["hf_"], start: /hf_[A-Za-z0-9]{30}/g, rest: alphanumeric },
  { name: "sendgrid-api-key", literals: ["SG."], start: /SG\.[\w-]{22}\.[\w-]{40}/g, rest: word },
  { name: "twilio-key", literals: ["AC", "SK"], start: /(?:AC|SK)[0-9a-f]{32}/g },
  { name: "telegram-bot-token", literals: [":AA"], start: /\d{8,10}:AA[\w-]{32}/g, rest: word },
  { name: "mailgun-key", literals: ["key-"], start: /key-[0-9a-f]{32}/g, accept: standsAlone },
  { name: "digitalocean-token", literals: ["_v1_"], start: /do[opr]_v1_[0-9a-f]{64}/g },
  { name: "shopify-token", literals: ["shp"], start: /shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}/g },
  { name: "docker-token", literals: ["dckr_pat_"], start: /dckr_pat_[\w-]{20}/g, rest: word },
  { name: "databricks-token", literals: ["dapi"], start: /dapi[0-9a-f]{32}/g },
  { name: "vault-token", literals: ["hvs.", "hvb."], start: /hv[bs]\.[\w-]{20}/g, rest: word },
  { name: "grafana-token", literals: ["glsa_"], start: /glsa_[A-Za-z0-9]{32}_[0-9a-f]{8}/g },
  { name: "linear-api-key", literals: ["lin_api_"], start: /lin_api_[A-Za-z0-9]{32}/g, rest: alphanumeric },
  { name: "notion-token", literals: ["ntn_"], start: /ntn_[A-Za-z0-9]{40}/g, rest: alphanumeric },
  { name: "groq-api-key", literals: ["gsk_"], start: /gsk_[A-Za-z0-9]{40}/g, rest: alphanumeric },
  { name: "xai-api-key", literals: ["xai-"], start: /xai-[A-Za-z0-9]{60}/g, rest: alphanumeric },
  { name: "replicate-token", literals: ["r8_"], start: /r8_[A-Za-z0-9]{37}/g, rest: alphanumeric },
  { name: "perplexity-api-key", literals: ["pplx-"], start: /pplx-[A-Za-z0-9]{40}/g, rest: alphanumeric },
  { name: "atlassian-token", literals: ["ATATT3"], start: /ATATT3[\w=-]{100}/g, rest: token },
  { name: "postman-api-key", literals: ["PMAK-"], start: /PMAK-[0-9a-f]{24}-[0-9a-f]{34}/g },
  { name: "age-secret-key", literals: ["AGE-SECRET-KEY-1"], start: /AGE-SECRET-KEY-1[A-Z0-9]{50}/g },
  { name: "google-api-key", literals: ["AIza"], start: /AIza[\w-]{35}/g, rest: word },
];

/**
 * Detectors of keys that tell their issuer by how they begin. Those that may hold dashes and underscores come first: by
 * chance they hold what others begin with, and what stands in front of that would be left.
 */
export const API_KEYS: readonly SecretDetector[] = [
  ...SHAPES.filter(({ rest }) => rest === word || rest === token),
  ...SHAPES.filter(({ rest }) => rest !== word && rest !== token),
].map(matching);

/** OpenAI's older keys mix cases and digits. One without capitals is told from "task-" and a hash by standing alone. */
function isShortOpenAiKey(key: string, before: string): boolean {
  const [lower, upper, digit] = [/[a-z]/.test(key.slice(3)), /[A-Z]/.test(key), /\d/.test(key)];
  return digit && lower && (upper || standsAlone(key, before));
}

function standsAlone(_: string, before: string): boolean {
  return !LETTER_OR_DIGIT.test(before);
}
