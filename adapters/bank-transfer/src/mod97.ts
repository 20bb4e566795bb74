/**
 * The text as one number with A = 10 to Z = 35, modulo 97: the arithmetic of ISO 7064 behind IBAN and RF references.
 *
 * @param text `A-Z` and `0-9` only
 */
export function mod97(text: string): number {
  let remainder = 0;
  for (const character of text) {
    const value = Number.parseInt(character, 36);
    remainder = (remainder * (value < 10 ? 10 : 100) + value) % 97;
  }
  return remainder;
}

/** The two check digits that stand behind a head such as `RF` or `DE` when `body` follows them. */
export function checkDigits(head: string, body: string): string {
  return String(98 - mod97(`${body}${head}00`)).padStart(2, '0');
}
