import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { expect, it } from 'vitest';
import { describeNeeding, vectorsNeed } from '../../../test/support/needs.js';
import { loadVectors, type Vector } from '../../../test/support/vectors.js';
import { readAnswer, topLevelMembers } from './answer.js';
import { isSignedByAlipay, readForm } from './callback.js';
import { certificateSn, readCertificates, rootCertificateSn } from './certificate.js';
import { contentToSign, readPublicKey, signRsa2, verifyRsa2, type Params } from './signature.js';

const file = loadVectors('alipay');
const pem = (name: string): string => file!.keys[name];

/** The key that a vector names, as a public key or as a certificate of Alipay. */
function keyOf({ publicKey, certificate }: { publicKey?: string; certificate?: string }): KeyObject {
  return certificate === undefined ? readPublicKey(pem(publicKey!))! : readCertificates(pem(certificate))[0]!.publicKey;
}

const checks: Record<string, (vector: Vector) => void> = {
  'request-sign': ({ input, expect: expected }) => {
    const content = contentToSign(input.params);
    const own = generateKeyPairSync('rsa', { modulusLength: 2048 });

    expect(verifyRsa2(content, expected.sign, readPublicKey(pem(input.privateKey))!)).toBe(true);
    expect(verifyRsa2(content, signRsa2(content, own.privateKey), own.publicKey)).toBe(true);
    expect(verifyRsa2(`${content} `, expected.sign, readPublicKey(pem(input.privateKey))!)).toBe(false);
  },

  'rsa-sha256-verify': ({ input, expect: expected }) => {
    expect(verifyRsa2(input.message, input.signatureBase64, keyOf(input))).toBe(expected.valid);
  },

  'response-signed-content': ({ input, expect: expected }) => {
    expect(topLevelMembers(input.body)?.get(input.responseKey)).toBe(expected.content);
  },

  'response-verify': ({ input, expect: expected }) => {
    const reading = readAnswer(input.body, input.responseKey, () => [keyOf(input)]);

    if (expected.valid === true) {
      expect(reading).toMatchObject({ verdict: 'verified', fields: { code: expected.code, ...expected.json } });
    } else {
      expect(reading.verdict).not.toBe('verified');
      // Nothing of it can be taken for an answer, whatever the caller does.
      expect(reading).not.toHaveProperty('fields');
    }
  },

  'cert-sn': ({ input, expect: expected }) => {
    expect(certificateSn(readCertificates(pem(input.certificate))[0]!)).toBe(expected.sn);
  },

  'root-cert-sn': ({ input, expect: expected }) => {
    const roots = readCertificates(pem(input.certificate));

    expect(roots).toHaveLength(4);
    expect(rootCertificateSn(roots)).toBe(expected.sn);
  },

  'cert-public-key': ({ input, expect: expected }) => {
    const spki = keyOf(input).export({ type: 'spki', format: 'der' });

    expect(spki.toString('base64')).toBe(expected.spkiBase64);
  },

  'notify-verify': ({ input, expect: expected }) => {
    expect(isSignedByAlipay(input.params as Params, () => [keyOf(input)])).toBe(expected.valid);
  },

  'notify-form-verify': ({ input, expect: expected }) => {
    const fields = readForm(Buffer.from(input.body))!;

    expect(fields).toMatchObject(expected.fields);
    expect(isSignedByAlipay(fields, () => [keyOf(input)])).toBe(expected.valid);
  },
};

const excused: Record<string, string> = {
  'aes-cbc-decrypt': 'the encryption of contents is an option of the gateway that is not used',
  'v3-authorization-verify': 'the gateway protocol is spoken, and not the REST interface beside it',
};

describeNeeding(vectorsNeed, 'published Alipay vectors', () => {
  for (const vector of file?.vectors ?? []) {
    const reason = excused[vector.kind];
    if (reason !== undefined) it.skip(`${vector.kind} ${vector.id} [excused: ${reason}]`);
    else it(`${vector.kind} ${vector.id}`, () => checks[vector.kind]!(vector));
  }
});
