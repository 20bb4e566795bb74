import { createCipheriv, createPublicKey, generateKeyPairSync, X509Certificate, type KeyObject } from 'node:crypto';
import { isItPayError } from '@itpay/core';
import { expect, it } from 'vitest';
import { describeNeeding, vectorsNeed } from '../../../test/support/needs.js';
import { loadVectors, type Vector } from '../../../test/support/vectors.js';
import { verifyCallback } from './callback.js';
import type { Rail } from './client.js';
import { readBody, readText } from './mapping.js';
import { readCertificates, type KeyLookup } from './platform-keys.js';
import {
  authorizationHeader,
  authorize,
  certificateSerial,
  fits,
  isFresh,
  isSignedBy,
  open,
  proofIn,
  requestMessage,
  serialOf,
  sign,
} from './signature.js';

const file = loadVectors('wechat');
const ours = generateKeyPairSync('rsa', { modulusLength: 2048 });

/** A key of the file. Private ones are not in it: with a public one the signature that others published is checked. */
const keyNamed = (name: string): KeyObject => createPublicKey(file!.keys[name]);

const checks: Record<string, (vector: Vector) => void | Promise<void>> = {
  'aes-gcm-decrypt': ({ input, expect: expected }) => {
    const decrypt = () =>
      open(input.key, {
        nonce: input.nonce,
        associatedData: input.associatedData,
        ciphertext: input.ciphertextBase64,
      }).toString('utf8');

    if (expected.error === true) expect(decrypt).toThrow();
    else expect(decrypt()).toBe(expected.plaintext);
  },

  // Nothing is encrypted by an adapter; what others encrypted is opened, and encrypting anew gives the same bytes.
  'aes-gcm-encrypt': ({ input, expect: expected }) => {
    const { key, nonce, associatedData, plaintext } = input;
    const opened = open(key, { nonce, associatedData, ciphertext: expected.ciphertextBase64 });
    expect(opened.toString('utf8')).toBe(plaintext);

    const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(associatedData));
    const sealed = Buffer.concat([cipher.update(opened), cipher.final(), cipher.getAuthTag()]);
    expect(sealed.toString('base64')).toBe(expected.ciphertextBase64);
  },

  'request-sign-message': ({ input, expect: expected }) => {
    expect(requestMessage({ ...input, path: input.url })).toBe(expected.message);
  },

  'authorization-header': ({ input, expect: expected }) => {
    const { pathname, search } = new URL(input.url);
    const request = { ...input, path: pathname + search };
    const merchant = { mchid: input.mchid, merchantSerial: input.serialNo, merchantPrivateKey: ours.privateKey };

    // The string that was signed is ours, byte for byte: the published signature verifies over it.
    const message = Buffer.from(requestMessage(request));
    expect(fits(keyNamed(input.privateKey), message, expected.fields.signature)).toBe(true);

    const { scheme, fields } = parsed(authorize(merchant, request));
    expect(scheme).toBe(expected.scheme);
    expect({ ...fields, signature: '' }).toEqual({ ...expected.fields, signature: '' });
    expect(fits(ours.publicKey, message, fields['signature']!)).toBe(true);
  },

  // We write such headers and read none; what we write is read as others read it.
  'authorization-header-parse': ({ input, expect: expected }) => {
    expect(parsed(authorizationHeader(expected.fields))).toEqual(expected);
    expect(parsed(input.header)).toEqual(expected);
  },

  'cert-serial': ({ input, expect: expected }) => {
    expect(certificateSerial(new X509Certificate(file!.keys[input.certificate]))).toBe(expected.serialHexUpper);
  },

  'certificates-download': ({ input, expect: expected }) => {
    const certificates = readCertificates(input.apiV3Key, Buffer.from(input.body));

    expect(certificates.map(({ serial }) => serial)).toEqual(expected.serials);
  },

  notification: async ({ input, expect: expected }) => {
    const now = new Date(input.now * 1000);
    const plain = expected.plaintext === undefined ? {} : (JSON.parse(expected.plaintext) as Record<string, any>);
    const config = { mchid: plain['mchid'], appid: plain['appid'], apiV3Key: input.apiV3Key, now: () => now };
    const rail = { config, keys: lookup({ ...input.certificates, ...input.publicKeys }) } as unknown as Rail;
    const callback = {
      method: 'POST',
      path: '/',
      headers: input.headers,
      rawBody: Buffer.from(input.body),
    };

    if (expected.rejectReason === 'decrypt') {
      const error = await verifyCallback(rail, callback).catch((thrown: unknown) => thrown);
      expect(isItPayError(error) && error.code).toBe('CONFIGURATION_INVALID');
      return;
    }
    const { notices } = await verifyCallback(rail, callback);
    expect(notices).toEqual(noticesOf(expected.id, expected.eventType, plain));

    for (const late of [300, -300]) {
      const then = {
        ...rail,
        config: { ...config, now: () => new Date((Number(input.headers['Wechatpay-Timestamp']) + late) * 1000) },
      };
      await expect(verifyCallback(then as unknown as Rail, callback)).rejects.toMatchObject({
        code: 'CHANNEL_SIGNATURE_INVALID',
      });
    }
  },

  'response-verify': async ({ input, expect: expected }) => {
    const headers = Object.fromEntries(
      Object.entries(input.headers as Record<string, string>).map(([name, value]) => [name.toLowerCase(), value]),
    );
    const proof = proofIn(headers)!;
    const key = await lookup(input.publicKeys).keyFor(proof.serial);
    const body = Buffer.from(input.body);

    expect(isFresh(proof, new Date(input.now * 1000)) && isSignedBy(key!, proof, body)).toBe(expected.valid);
    if (expected.valid === true) expect(readText(readBody(body), 'h5_url')).toMatch(/^https:/);
  },

  'rsa-sha256-sign': ({ input, expect: expected }) => {
    const message = Buffer.from(input.message);

    expect(fits(keyNamed(input.privateKey), message, expected.signatureBase64)).toBe(true);
    expect(fits(ours.publicKey, message, sign(ours.privateKey, input.message))).toBe(true);
  },

  'rsa-sha256-verify': ({ input, expect: expected }) => {
    expect(fits(keyNamed(input.certificate), Buffer.from(input.message), input.signatureBase64)).toBe(expected.valid);
  },
};

const excused: Record<string, string> = { 'v2-sign': 'APIv2 is another protocol, and this adapter does not speak it' };

describeNeeding(vectorsNeed, 'published WeChat vectors', () => {
  for (const vector of file?.vectors ?? []) {
    const reason = excused[vector.kind];
    if (reason !== undefined) it.skip(`${vector.kind} ${vector.id} [excused: ${reason}]`);
    else it(`${vector.kind} ${vector.id}`, () => checks[vector.kind]!(vector));
  }
});

function parsed(header: string): { readonly scheme: string; readonly fields: Record<string, string> } {
  const [scheme = '', rest = ''] = header.split(' ');
  return {
    scheme,
    fields: Object.fromEntries([...rest.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value])),
  };
}

/** Keys by their serial number, whatever the age of their certificate: the published ones have expired. */
function lookup(names: Readonly<Record<string, string>>): KeyLookup {
  return { keyFor: async (serial) => (names[serialOf(serial)] ? keyNamed(names[serialOf(serial)]!) : null) };
}

function noticesOf(eventId: string, eventType: string, plain: Record<string, any>): unknown[] {
  const about = { eventId, merchantAccount: plain['mchid'] };
  if (eventType === 'REFUND.ABNORMAL') return [];
  if (eventType === 'REFUND.SUCCESS') {
    const refund = {
      status: 'succeeded',
      amount: { currency: 'CNY', value: BigInt(plain['amount'].refund) },
      channelRefundId: plain['refund_id'],
    };
    return [{ ...about, kind: 'refund', reference: plain['out_refund_no'], refund }];
  }
  const credit = {
    channelTransactionId: plain['transaction_id'],
    amount: { currency: plain['amount'].currency, value: BigInt(plain['amount'].total) },
    paidAt: new Date(plain['success_time']),
  };
  return [{ ...about, kind: 'payment', reference: plain['out_trade_no'], credit }];
}
