import { createPublicKey } from 'node:crypto';
import { expect, it } from 'vitest';
import { describeNeeding, vectorsNeed } from '../../../../test/support/needs.js';
import { loadVectors } from '../../../../test/support/vectors.js';
import { checkAuthorization } from './authorization.js';
import { Platform } from './platform.js';

// The simulator's own half of the cryptography, held against examples that others published. The merchant's half, and the
// rest of the examples, are in the adapter's tests.

const file = loadVectors('wechat');
const ofKind = (kind: string) => (file?.vectors ?? []).filter((vector) => vector.kind === kind);
const named = (kind: string) => ofKind(kind).map((vector) => [vector.id, vector] as const);

describeNeeding(vectorsNeed, 'the published examples of WeChat Pay', () => {
  it.each(named('authorization-header'))('%s is let in, and nothing that is close to it', (_, vector) => {
    const { method, url, timestamp, body, mchid, serialNo, privateKey } = vector.input;
    const { pathname, search } = new URL(url);
    const publicKey = createPublicKey(file!.keys[privateKey]); // the file holds the public half under this name
    const { scheme, fields } = vector.expect;
    const given = Object.entries(fields).map(([name, value]) => `${name}="${String(value)}"`);
    const ask = (rawBody: string, path = pathname + search) =>
      checkAuthorization(
        { method, path, headers: { authorization: `${scheme} ${given.join(',')}` }, rawBody: Buffer.from(rawBody) },
        { mchid, appid: '', serial: serialNo, publicKey },
        new Date(Number(timestamp) * 1000),
      );

    expect(ask(body)).toBeUndefined();
    expect(ask(`${body} `)?.status).toBe(401);
    expect(ask(body, `${pathname}${search}&`)?.status).toBe(401);
  });

  it.each(named('aes-gcm-decrypt'))('%s is decrypted, or not', (_, { input, expect: expected }) => {
    const platform = new Platform('public_key', input.key, 'PUB_KEY_ID_0', () => new Date());
    const decrypt = () =>
      platform.decrypt({
        algorithm: 'AEAD_AES_256_GCM',
        nonce: input.nonce,
        associated_data: input.associatedData,
        ciphertext: input.ciphertextBase64,
      });

    if (expected.error === true) expect(decrypt).toThrow();
    else expect(decrypt()).toBe(expected.plaintext);
  });
});
