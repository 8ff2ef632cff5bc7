import { ConfigurationError, redactSecrets, SECRET_KINDS } from "@sessionfold/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SECRETS, type SecretSample } from "../support/secret-samples.ts";
import { hasSet, loadSet, SETS } from "../support/shared-data.ts";

const redact = redactSecrets();

/** Characters of a sample from its alphabet. None of them stands in this repository: they are made here. */
function secretOf({ parts }: SecretSample): fc.Arbitrary<string> {
  return fc
    .tuple(
      ...parts.map((part) =>
        typeof part === "string"
          ? fc.constant(part)
          : fc
              .array(fc.constantFrom(...part.of), { minLength: part.length, maxLength: part.length })
              .map((characters) => characters.join("")),
      ),
    )
    .map((pieces) => pieces.join(""));
}

const anyText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.string({ maxLength: 40 }),
  fc.constantFrom(
    "",
    "\n",
    "\\n",
    "key: ",
    '{"args":"',
    "'",
    "%3D",
    "…",
    "\u200b",
    "a".repeat(50),
    "=",
    "-",
    "x",
    "9",
  ),
);

describe.each(SECRETS)("$kind", (sample) => {
  test("is gone, wherever in whichever text it stands, and its marker says what it was", () => {
    fc.assert(
      fc.property(secretOf(sample), anyText, anyText, (secret, before, after) => {
        const front = sample.needsBoundary === true && /[\w-]$/.test(before) ? `${before} ` : before;
        const planted = `${front}${sample.context ?? ""}${secret}${sample.closing ?? ""}${after}`;
        const redacted = redact(planted);
        expect(redacted).not.toContain(sample.needle?.(secret) ?? secret);
        expect(redacted).toContain(`[redacted: ${sample.kind}]`);
        expect(redact(redacted)).toBe(redacted);
      }),
      { numRuns: 150 },
    );
  });

  test("can be left out, or be the only one", () => {
    const [secret = ""] = fc.sample(secretOf(sample), { numRuns: 1, seed: 7 });
    const text = `${sample.context ?? ""}${secret}${sample.closing ?? ""}`;
    expect(redactSecrets({ only: [sample.kind] })(text)).toContain(`[redacted: ${sample.kind}]`);
    expect(redactSecrets({ except: [sample.kind] })(text)).not.toContain(`[redacted: ${sample.kind}]`);
  });
});

test("every kind has a sample", () => {
  expect(new Set(SECRETS.map(({ kind }) => kind))).toEqual(new Set(SECRET_KINDS));
});

test("a text of secrets, their pieces and markers is the same after a second time", () => {
  const pieces = fc.oneof(
    ...SECRETS.map((sample) =>
      secretOf(sample).map((secret) => `${sample.context ?? ""}${secret}${sample.closing ?? ""}`),
    ),
    ...SECRETS.map((sample) => secretOf(sample).map((secret) => secret.slice(0, 12))),
    fc.constantFrom(
      "[redacted: jwt]",
      "password=",
      "token: '",
      '"',
      "://a:",
      "@",
      "Bearer ",
      "\n",
      ";",
      "sk-",
      "eyJ",
      ":",
    ),
  );
  for (const personal of [false, true]) {
    const again = redactSecrets({ personal });
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 8 }), (parts) => {
        const once = again(parts.join(""));
        expect(again(once)).toBe(once);
      }),
      { numRuns: 1500 },
    );
  }
});

describe("what is no secret stays as it is", () => {
  test.each([
    "3f1c9a2be5d47f80c1d2e3f4a5b6c7d8e9f0a1b2",
    "task-3f1c9a2be5d47f80c1d2e3f4a5b6c7d8e9f0a1b2",
    "risk-7f9c24e8-3b1a-4c52-9d7e-0a1b2c3d4e5f",
    `data:image/png;base64,${"iVBORw0KGgoAAAANSUhEUgAA".repeat(40)}`,
    `"integrity": "sha512-${"z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg".repeat(2)}=="`,
    "const password = user.password1;",
    "password: string; token: string | null",
    "password = getPassword(user2)",
    "if (password === expectedPassword) return",
    "export PASSWORD=$DB_PASSWORD1",
    "password: <your password>",
    "api_key = os.environ['OPENAI_API_KEY_2']",
    "apiKey: process.env.API_KEY_1",
    `token: \${{ secrets.GITHUB_TOKEN_2 }}`,
    "API_KEY=your-api-key-1-here",
    "password: ********",
    "PWD=/home/user1/project2",
    "PASSWORD=get_password()",
    "--token-file x1y2z3a4b5c6 --password-stdin",
    "max_tokens: 16384, next_page_token=a1b2c3d4e5f6g7h8i9",
    "The token is expired. Password is required.",
    "Authorization: Bearer <token>",
    "Basic authentication, bearer of bad news",
    "git@github.com:owner/repo.git https://localhost:3000/@vite/client",
    "npm i react@18.2.0 @types/node@24.10.1",
    "const url = /:\\/\\/[^:]+:[^@]+@/;",
    `\${user}:\${password}@host`,
    "-----BEGIN PRIVATE KEY----- is how it begins, -----END PRIVATE KEY----- how it ends",
    "-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUQ1x0a9b8c7d6e5f4a3b2c1d0e9f8a7b6\n-----END CERTIFICATE-----",
    "dana@example.com, +1 916-455-6800, 4111 1111 1111 1111, DE89 3704 0044 0532 0130 00",
  ])("%s", (text) => {
    expect(redact(text)).toBe(text);
  });
});

test.each([
  ["my password is hunter2x", "hunter2x"],
  [`{"password": "swordfish"}`, "swordfish"],
  [`{\\"password\\": \\"a\\\\\\"b7c\\"}`, "b7c"],
  ["Server=db;User=sa;Password=abc;Encrypt=true", "abc"],
  ["https://api.example.com/v1?api_key=abcd1234efgh5678&page=2", "abcd1234efgh5678"],
  ["mongodb+srv://app:p%4055@cluster0.example.net/db", "p%4055"],
  ["redis://:p@55word@cache:6379", "55word"],
  // A key that by chance holds what another kind begins with goes whole.
  [`ATA${"TT3"}${"x".repeat(60)}h${"f_"}${"a1".repeat(40)}`, "xxx"],
  [`ey${"J"}${"hbGciOiJIUzI1NiJ9"}.${"y".repeat(30)}h${"f_"}${"a1".repeat(20)}.${"z".repeat(20)}`, "yyy"],
  ["DB_PASSWORD=correct-horse-battery", "horse"],
  ["--password hunter22 --verbose", "hunter22"],
  ["SERVICE_API_KEY=abcdef0123456789abcdef", "abcdef0123456789"],
  ["https://x.test/c?sv=2020&sig=Ab3%2Bcd4Ef5Gh6Ij7Kl8Mn9Op0Qr%3D", "Ab3%2Bcd4"],
  [`bot_token: "${"MTk4NjIyNDgzNDcx"}OTI1MjQ4.Cl2FMQ.ZnCjm1XVW7vRze4b7Cq4se7kKWs"`, "ZnCjm1XVW7"],
  [`client_secret: 'Zk3/9dQw8Lm2+x7Tb1'`, "Zk3/9dQw8Lm2"],
])("%s", (text, secret) => {
  expect(redact(text)).not.toContain(secret);
});

test("a parameter's value goes, the parameters after it stay", () => {
  expect(redact("https://x.test/?token=abcd1234efgh5678&page=2")).toBe(
    "https://x.test/?token=[redacted: assigned-secret]&page=2",
  );
});

describe("options", () => {
  const person = "dana@example.com or +1 916-455-6800, card 4111 1111 1111 1111, DE89 3704 0044 0532 0130 00";

  test("personal data goes on request, all or some of it", () => {
    expect(redactSecrets({ personal: true })(person)).toBe(
      "[redacted: email] or [redacted: phone], card [redacted: credit-card], [redacted: iban]",
    );
    expect(redactSecrets({ personal: ["email"] })(person)).toContain("[redacted: email] or +1 916-455-6800");
    expect(redactSecrets({ only: ["iban"] })(person)).toBe(person.replace(/DE.*/, "[redacted: iban]"));
    // The checksum tells a card from a number that looks like one.
    expect(redactSecrets({ personal: true })("order 4111 1111 1111 1112")).toContain("1112");
  });

  test("kinds and markers of one's own", () => {
    const own = redactSecrets({ patterns: { badge: /B-\d{4}/ }, replacement: (name) => `<${name}>` });
    expect(own("B-1234 and B-99, password=hunter22")).toBe("<badge> and B-99, password=<assigned-secret>");
    expect(redactSecrets({ patterns: { badge: /B-\d{4}/ }, only: ["badge"] })("B-1234 B-1234")).toBe(
      "[redacted: badge] [redacted: badge]",
    );
  });

  test.each([
    [{ only: ["gitub"] }, /`redactSecrets.only`.*got "gitub"/],
    [{ except: ["x"] }, /`redactSecrets.except`/],
    [{ personal: ["shoe-size"] }, /`redactSecrets.personal`/],
    [{ patterns: { a: /x*/ } }, /`redactSecrets.patterns.a`.*matches the empty text/],
    [{ patterns: { a: "x" } }, /`redactSecrets.patterns.a` to be a regular expression/],
    [{ replacement: "***" }, /`redactSecrets.replacement` to be a function/],
    [{ replace: "***" }, /Unknown option `redactSecrets.replace`/],
  ])("%j is refused", (options, message) => {
    const make = (): unknown => redactSecrets(options as Parameters<typeof redactSecrets>[0]);
    expect(make).toThrow(ConfigurationError);
    expect(make).toThrow(message);
  });
});

/** Work that grew with the square of such a text would take hours: 10^13 steps. The time limit of the test is the check. */
test.each([
  "a",
  "1",
  "-",
  "\\",
  "sk-",
  "eyJ",
  "eyJ.",
  "eyJaaaaaaaaaaaaa.eyJaaaaaaaaaaaa.",
  "http://a:",
  "http://a:b@",
  "password=",
  'password="',
  "password is ",
  'token: \\\\\\\\"',
  "-----BEGIN ",
  "-----BEGIN PRIVATE KEY-----",
  "-----BEGIN PRIVATE KEY-----x-----END PRIVATE KEY-----",
  "bearer ",
  "basic aaaaaa",
  "sk-ant-aaaaaaaaaaaaaaaaaaaaaaaaa",
  "a.b@",
  "AB12 ",
  "+1 ",
  "Aa1=",
])("3 MB of %j take no long time", (piece) => {
  const text = piece.repeat(3_000_000 / piece.length);
  const redacted = redactSecrets({ personal: true })(text);
  expect(typeof redacted).toBe("string");
});

/** What a look at every hit in 37 million characters left; see docs/security.md. All of them are secrets, real or sham. */
const HITS: Readonly<Record<string, number>> = { specstory: 15, aider: 13 };

for (const set of SETS) {
  test.skipIf(!hasSet(set))(`in ${set} nothing is replaced that was not looked at`, async () => {
    const transcripts = await loadSet(set);
    let hits = 0;
    for (const { events } of transcripts) {
      for (const { message } of events) {
        const text = JSON.stringify(message);
        hits += redact(text).split("[redacted: ").length - text.split("[redacted: ").length;
      }
    }
    expect(hits).toBe(HITS[set] ?? 0);
  });
}
