import { createPublicKey } from 'node:crypto';
import { expect, it } from 'vitest';
import { describeNeeding, vectorsNeed } from '../../../../test/support/needs.js';
import { loadVectors } from '../../../../test/support/vectors.js';
import { rsa2Fits, serialNumber, textToSign } from './keys.js';

// The simulator's own half of the cryptography, held against examples that others published. The rest of them are in the
// adapter's tests.

const file = loadVectors('alipay');
const named = (kind: string) =>
  (file?.vectors ?? []).filter((vector) => vector.kind === kind).map((vector) => [vector.id, vector] as const);
const keyNamed = (name: string) => createPublicKey(file!.keys[name]);

describeNeeding(vectorsNeed, 'the published examples of Alipay', () => {
  it.each(named('request-sign'))('%s is let in, and nothing that is close to it', (_, { input, expect: expected }) => {
    const text = textToSign(Object.entries<string>(input.params), ['sign']);
    const key = keyNamed(input.privateKey); // the file holds the public half under this name

    expect(rsa2Fits(text, expected.sign, key)).toBe(true);
    expect(rsa2Fits(`${text}&`, expected.sign, key)).toBe(false);
  });

  it.each(named('notify-verify'))('%s fits its signature, or not', (_, { input, expect: expected }) => {
    const text = textToSign(Object.entries<string>(input.params), ['sign', 'sign_type']);

    expect(rsa2Fits(text, input.params.sign, keyNamed(input.publicKey))).toBe(expected.valid);
  });

  it.each(named('cert-sn'))('%s has its number', (_, { input, expect: expected }) => {
    expect(serialNumber(file!.keys[input.certificate])).toBe(expected.sn);
  });
});
