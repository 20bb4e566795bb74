import { generateKeyPairSync } from 'node:crypto';
import { fieldAt, formatDecimal, parseDecimal, readEmvco } from '@itpay/core';
import { expect, it } from 'vitest';
import { describeNeeding, vectorsNeed } from '../../../test/support/needs.js';
import { loadVectors, type Vector } from '../../../test/support/vectors.js';
import { readResponseCode } from './failure.js';
import { readQris, type QrisTip } from './read.js';
import {
  isSignedHmac,
  isSignedRsa,
  minify,
  rsaKey,
  signHmac,
  signRsa,
  tokenString,
  transactionString,
} from './signature.js';
import { toDynamic } from './write.js';

const file = loadVectors('qris');

const checks: Record<string, (vector: Vector) => void> = {
  parse: ({ input, expect: expected }) => {
    const reading = readQris(input.payload);

    if (expected.crcValid) expect(decoded(input.payload)).toEqual(expected.fields);
    else expect(reading).toEqual({ ok: false, reason: 'The checksum is wrong.' });
  },

  validate: ({ input, expect: expected }) => {
    const reading = readQris(input.payload);

    expect(reading).toMatchObject({ ok: true });
    expect(reading.ok && reading.warnings.toSorted()).toEqual(expected.reasons.toSorted());
  },

  'convert-static-to-dynamic': ({ input, expect: expected }) => {
    const payload = toDynamic(input.payload, { amount: rupiah(input.amount), tip: tipOf(input.tip) });

    expect(payload).toBe(expected.payload);
    expect(decoded(payload)).toEqual(expected.fields);
  },

  'hmac-sha512': ({ input, expect: expected }) => {
    expect(signHmac(input.message, input.secret)).toBe(expected.signatureBase64);
    expect(isSignedHmac(input.message, expected.signatureBase64, input.secret)).toBe(true);
  },

  'snap-symmetric-sign': ({ input, expect: expected }) => {
    const { method, path, accessToken, body, timestamp, clientSecret } = input;

    expect(minify(body).toString()).toBe(expected.minifiedBody);
    const text = transactionString({ method, path, body, timestamp, accessToken });
    expect(signHmac(text, clientSecret)).toBe(expected.signatureBase64);
  },

  'snap-token-sign': ({ input, expect: expected }) => {
    const text = tokenString(input.clientId, input.timestamp);
    const own = generateKeyPairSync('rsa', { modulusLength: 2048 });

    // The vector has no private key; its signature proves the text, and a key of ours the signer.
    expect(isSignedRsa(text, expected.signatureBase64, publicKey(input.privateKey))).toBe(true);
    expect(isSignedRsa(text, signRsa(text, own.privateKey), own.publicKey)).toBe(true);
  },

  'snap-token-verify': ({ input, expect: expected }) => {
    const key = publicKey(input.publicKey);
    const text = tokenString(input.clientId, input.timestamp);

    expect(isSignedRsa(text, input.signatureBase64, key)).toBe(expected.valid);
    expect(isSignedRsa(`${text} `, input.signatureBase64, key)).toBe(false);
    expect(isSignedRsa(text, `${input.signatureBase64} `, key)).toBe(false);
  },

  'snap-response-code': ({ input, expect: expected }) => {
    const { http, serviceCode, caseCode } = expected;

    expect(readResponseCode(input.responseCode)).toEqual({ http, service: serviceCode, case: caseCode });
  },
};

describeNeeding(vectorsNeed, 'published QRIS and SNAP vectors', () => {
  for (const vector of file?.vectors ?? []) {
    it(`${vector.kind} ${vector.id}`, () => checks[vector.kind]!(vector));
  }
});

function publicKey(name: string) {
  const key = rsaKey(file!.keys[name], 'public');
  if (key === null) throw new Error(`No key "${name}".`);
  return key;
}

function rupiah(text: string) {
  return { currency: 'IDR', value: parseDecimal(text, 2) };
}

function tipOf(tip: { mode: 'fixed' | 'percentage'; value: string } | undefined): QrisTip | undefined {
  if (tip === undefined) return undefined;
  return tip.mode === 'fixed'
    ? { mode: 'fixed', amount: rupiah(tip.value) }
    : { mode: 'percentage', percent: tip.value };
}

/** What our reader finds, in the words of the vector file. */
function decoded(payload: string): unknown {
  const reading = readQris(payload);
  const root = readEmvco(payload, { mode: 'tolerant' });
  if (!reading.ok || !root.ok) return reading;

  const { method, mcc, merchantName, city, postalCode, amount, tip, accounts, national, additional } = reading.code;
  const fields = {
    method,
    mcc,
    currency: fieldAt(root.fields, '53'),
    country: fieldAt(root.fields, '58'),
    merchantName,
    city,
    postalCode,
    amount: amount && formatDecimal(amount.value / 100n, 0),
    tipMode: tip?.mode,
    tipFixed: tip?.mode === 'fixed' ? formatDecimal(tip.amount.value / 100n, 0) : undefined,
    tipPercent: tip?.mode === 'percentage' ? tip.percent : undefined,
    accounts,
    nmid: national?.nmid,
    nationalCriteria: national?.criteria,
    additional: Object.keys(additional).length === 0 ? undefined : additional,
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== null));
}
