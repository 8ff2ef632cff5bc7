/** Judges what stands behind "password=" or "api_key:". Code and prose have words there, secrets have noise. */

/** How a value was found. */
export interface ValueContext {
  /** Whether the key names a password, which people choose; else it names a key or token, which machines make. */
  readonly isPassword: boolean;
  readonly isQuoted: boolean;
  /** Whether it stands where nothing but a value can follow: in `Server=a;Password=b`, or behind `DB_PASSWORD=`. */
  readonly isListed: boolean;
}

const TEMPLATE = /^(?:[$%]|\\?\{|[<[(*.…]|&[\w.]+$)/;
const MASK = /^(?:([*•x.\-_#?0])\1+|x{3,}.*|\*{2,}.*)$/i;
const NAME_OF_A_VALUE =
  /^(?:process|os|env|environ|import|config|settings|secrets|self|this|user|req|request|args|options|ctx|vars?)\./;
const HINT =
  /(?:^|[^a-z])(?:your|example|placeholder|change[-_ ]?me|replace|insert|dummy|redacted)(?:[^a-z]|$)/i;
/** Words that stand as values in forms, schemas and types. */
const WORD =
  /^(?:string|text|number|boolean|object|null|none|nil|undefined|true|false|required|optional|hidden|visible|masked|default|unknown|invalid|valid|missing|empty|expired|incorrect|wrong|forgotten|changed|updated|reset|failed|success|basic|bearer|header|cookie|oauth2?|jwt|auth|login|username|email|admin|value|type|plain|hashed|encrypted|bcrypt|argon2|current|new|old)$/i;
const KEY_WORD = /pass(?:word|wd|phrase|code)|pwd|secret|token|credential|api[-_ ]?key/i;
const URL_OR_DRIVE = /^(?:[A-Za-z]:[\\/]|[a-z]{2,8}:\/\/)/;
const PATH = /^(?:[~.]{0,2}\/|[\w.-]+\/[\w.-]+\/)/;

/** Whether a value only shows where a secret goes: a template, a mask, "your-key-here". */
export function isPlaceholder(value: string): boolean {
  return TEMPLATE.test(value) || MASK.test(value) || HINT.test(value);
}

/** Whether a value is a secret in its context. */
export function isSecretValue(value: string, context: ValueContext): boolean {
  if (isPlaceholder(value) || /\s/.test(value)) return false;
  if (NAME_OF_A_VALUE.test(value) || WORD.test(value) || URL_OR_DRIVE.test(value)) return false;
  return context.isPassword ? isPassword(value, context) : isRandom(value, context);
}

function isPassword(value: string, { isQuoted, isListed }: ValueContext): boolean {
  if ((isQuoted && value.length < 4) || PATH.test(value)) return false;
  if (isListed && !isQuoted) return value.length >= 3 && !KEY_WORD.test(value);
  const onlyWord = /^[A-Za-z_-]+$/.test(value);
  if (onlyWord)
    return isQuoted && value.length >= 6 && !KEY_WORD.test(value) && !/[A-Z_-]/.test(value.slice(1));
  if (isQuoted) return /[A-Za-z0-9]/.test(value) && !/^[A-Za-z]+[.:,;!?]$/.test(value);
  // Code without quotes: a constant, a call or a member would stand here.
  if (value.length < 6 || /^[A-Z][A-Z0-9]*_[A-Z0-9_]*$/.test(value) || /^[A-Za-z_$][\w$]*[.(]/.test(value))
    return false;
  return /[A-Za-z]/.test(value) && /\d|[!@#$%^&*+?]/.test(value);
}

const SHORTEST_RANDOM = 12;
/** Of so many letters of both cases and digits, hardly any are a name. */
const LONG = 32;
/** Turns between letters and digits, of which words with a number at their end have one. */
const MIN_TURNS = 3;
/** So many are noise even where dots make the value look like a member of an object. */
const MANY_TURNS = 6;
const HEX = /^[0-9a-f]{20,}$/i;

function isRandom(value: string, { isQuoted, isListed }: ValueContext): boolean {
  if (value.length < (isQuoted || isListed ? SHORTEST_RANDOM : SHORTEST_RANDOM + 4)) return false;
  if (!/[A-Za-z]/.test(value) || !/\d/.test(value)) return false;
  if (HEX.test(value)) return true;
  const turns = turnsOf(value);
  if (!isQuoted && turns < MANY_TURNS && /^[A-Za-z_$][\w$]*[.(]/.test(value)) return false;
  const isLongMix = value.length >= LONG && /[a-z]/.test(value) && /[A-Z]/.test(value);
  return isLongMix || turns >= MIN_TURNS;
}

function turnsOf(value: string): number {
  return value.match(/[A-Za-z](?=\d)|\d(?=[A-Za-z])/g)?.length ?? 0;
}
