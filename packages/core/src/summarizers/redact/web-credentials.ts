import { endOfRun, type Marker, matching, RUNS, type SecretDetector } from "./secret-detector.ts";
import { isPlaceholder } from "./secret-value.ts";

const SHORTEST_HEADER = 13;
const SHORTEST_PAYLOAD = 10;

/** A JSON web token: three parts with dots between them, of which the first is an encoded JSON object. */
export const JWT: SecretDetector = {
  name: "jwt",
  redact(text, mark) {
    const parts: string[] = [];
    let done = 0;
    for (let start = text.indexOf("eyJ"); start >= 0; ) {
      const header = endOfRun(text, start, RUNS.word);
      const payload = text[header] === "." ? endOfRun(text, header + 1, RUNS.word) : header;
      let next = header;
      const isLong = header - start >= SHORTEST_HEADER && payload - header > SHORTEST_PAYLOAD;
      if (isLong && text[payload] === ".") {
        next = endOfRun(text, payload + 1, RUNS.word);
        parts.push(text.slice(done, start), mark("jwt"));
        done = next;
      }
      start = text.indexOf("eyJ", next);
    }
    return parts.length === 0 ? text : parts.join("") + text.slice(done);
  },
};

/** The password in `scheme://user:password@host`. No part of it holds a slash, so no search meets another's text. */
export const URL_PASSWORD: SecretDetector = {
  name: "url-password",
  redact(text, mark) {
    if (!text.includes("://")) return text;
    const expression = /(:\/\/[^\s:@/?#"'<>`()[\]{}|^*\\]{0,256}:)([^\s/?#"'<>`]{1,1024})@/g;
    return text.replace(expression, (match, before: string, password: string) =>
      isPlaceholder(password) ? match : `${before}${mark("url-password")}@`,
    );
  },
};

/** What follows `Bearer` and `Basic` in a header. A word after them is prose; a token has digits, a pair a colon. */
export const AUTHORIZATION: SecretDetector = {
  name: "authorization",
  redact: (text, mark) => basic(BEARER.redact(text, mark), mark),
};

const BEARER: SecretDetector = matching({
  name: "authorization",
  literals: ["earer ", "EARER "],
  start: /(?<=bearer\s{1,4})[\w.~+/-]{16}/gi,
  rest: RUNS.token,
  accept: (token) => /\d/.test(token) && /[A-Za-z]/.test(token),
});

function basic(text: string, mark: Marker): string {
  const expression = /(basic\s{1,4})([A-Za-z0-9+/]{6,4096}={0,2})/gi;
  return text.replace(expression, (match, scheme: string, pair: string) =>
    isPair(pair) ? scheme + mark("authorization") : match,
  );
}

/** A user of printable ASCII, then the colon. What follows may be cut short, or run on into other text. */
const PAIR = /^[ -9;-~]*:./s;

/** Whether it is the encoded form of `user:password`. */
function isPair(encoded: string): boolean {
  try {
    return PAIR.test(atob(encoded.slice(0, encoded.length - (encoded.length % 4))));
  } catch {
    return false;
  }
}
