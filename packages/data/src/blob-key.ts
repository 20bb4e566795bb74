const KEY = /^[A-Za-z0-9_-][\w.-]*(?:\/[A-Za-z0-9_-][\w.-]*)*$/;
const LONGEST_KEY = 512;

export const isBlobKey = (text: string) => text.length <= LONGEST_KEY && KEY.test(text);

/**
 * The key, if every store can have it: no part begins with a dot, so none leads out of a directory.
 *
 * @throws TypeError that says what a key is like
 */
export function blobKey(key: string): string {
  if (isBlobKey(key)) return key;
  throw new TypeError(
    `The blob key ${JSON.stringify(key.slice(0, 80))} is not allowed. Use parts of letters, digits, "_", "-" and "." ` +
      `between slashes, none of them beginning with a dot, ${LONGEST_KEY} characters at most: qr/qr_01j2.png.`,
  );
}
