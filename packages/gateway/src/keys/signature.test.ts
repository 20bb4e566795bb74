import { expect, it } from 'vitest';
import { checkSignature, signatureHeader, signedText } from './signature.js';

const request = {
  method: 'POST',
  path: '/itpay/v1/refunds?b=2&a=1',
  idempotencyKey: 'order-1',
  body: Buffer.from('{"amount":1}'),
};

it('signs these lines', () => {
  expect(signedText('1767225600', request)).toBe(
    [
      'v1',
      '1767225600',
      'POST',
      '/itpay/v1/refunds?a=1&b=2',
      'order-1',
      'c2b11e657e12fd177359627ca89412018e2274d0873cfbfcf1fc50f685582e9e',
    ].join('\n'),
  );
});

// Both were made with `openssl dgst -sha256 -hmac`.
it.each([
  ['a change', request, '3459c1b94a7ac70ce424c67cd22195fdf678ddbd2fd904df0a2559f63db39eb1'],
  [
    'a read',
    { method: 'GET', path: '/itpay/v1/refunds', idempotencyKey: '', body: Buffer.alloc(0) },
    '2a1851e17daa99446ed760d9f8321d58085108692a380feb9b76d0e5924b75b4',
  ],
])('makes the same signature of %s as OpenSSL', (_what, signed, expected) => {
  expect(signatureHeader('itpay_sig_example', '1767225600', signed)).toBe(`t=1767225600,v1=${expected}`);
});

it('signs the query in order, as it is written', () => {
  const text = (path: string) => signedText('1', { ...request, path }).split('\n')[3];

  expect([text('/a?'), text('/a?b=2&a=%20&a=1'), text('/a?x?y')]).toEqual(['/a', '/a?a=%20&a=1&b=2', '/a?x?y']);
});

it('says until when a signature could be used again', () => {
  const secret = Buffer.from('s');
  const header = signatureHeader(secret, '1767225600.25', request);

  const { usableUntil } = checkSignature(secret, header, request, new Date(1_767_225_600_000));

  expect(usableUntil).toEqual(new Date(1_767_225_900_250));
});
