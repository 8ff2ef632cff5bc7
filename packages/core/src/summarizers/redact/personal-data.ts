import { matching, type SecretDetector } from "./secret-detector.ts";

const DIGITS = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

/** Data that says who somebody is. Not secret by itself, so it is replaced on request only. */
export const PERSONAL_DATA: readonly SecretDetector[] = [
  {
    name: "email",
    literals: ["@"],
    start: /(?<![\w.%+-])[\w.%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![\w-])/g,
    // git@github.com is a host and no person.
    accept: (found: string) => !found.startsWith("git@"),
  },
  {
    name: "iban",
    literals: DIGITS,
    start: /(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![A-Za-z0-9])/g,
    accept: isIban,
  },
  {
    name: "credit-card",
    literals: DIGITS,
    start: /(?<![\w.-])(?:\d{13,19}|\d{4}(?:[ -]\d{4}){3}(?:[ -]\d{1,3})?|\d{4}[ -]\d{6}[ -]\d{5})(?![\w-])/g,
    accept: isCard,
  },
  {
    name: "phone",
    literals: DIGITS,
    start:
      /(?<![\w.+/-])(?:\+\d{1,3}[ .-]?(?:\(\d{1,4}\)[ .-]?)?\d{1,4}(?:[ .-]?\d{2,4}){1,5}|\(\d{3}\) ?\d{3}[ .-]\d{4}|\d{3}[.-]\d{3}[.-]\d{4})(?![\w-])/g,
    accept: (found: string) => /^(?:\D*\d){8,15}\D*$/.test(found),
  },
].map(matching);

/** The checksum of ISO/IEC 7812 (Luhn). */
function isCard(text: string): boolean {
  if (!/^[2-6]/.test(text)) return false;
  const digits = [...text.replace(/\D/g, "")].reverse().map(Number);
  const sum = digits.reduce((total, digit, at) => total + (at % 2 === 0 ? digit : doubled(digit)), 0);
  return sum % 10 === 0 && new Set(digits).size > 1;
}

function doubled(digit: number): number {
  return digit > 4 ? digit * 2 - 9 : digit * 2;
}

/** The checksum of ISO 13616: the country moved to the end, letters as two digits, modulo 97. */
function isIban(text: string): boolean {
  const compact = text.replaceAll(" ", "");
  if (compact.length < 15 || compact.length > 34) return false;
  const turned = compact.slice(4) + compact.slice(0, 4);
  let remainder = 0;
  for (const character of turned) {
    for (const digit of String(Number.parseInt(character, 36)))
      remainder = (remainder * 10 + Number(digit)) % 97;
  }
  return remainder === 1;
}
