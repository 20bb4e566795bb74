import { generateKeyPairSync } from 'node:crypto';
import { isItPayError } from '@itpay/core';
import { describe, expect, it } from 'vitest';
import { wechat } from './channel.js';
import { merchantsOf, type WechatMerchant, type WechatOptions } from './config.js';

const pem = (bits: number) => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: bits });
  return {
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    pkcs1: privateKey.export({ type: 'pkcs1', format: 'pem' }) as string,
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }) as string,
  };
};
const [ours, theirs, weak] = [pem(2048), pem(2048), pem(1024)];
const curve = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;

const live: WechatMerchant = {
  mchid: '1900000109',
  appid: 'wx8888888888888888',
  apiV3Key: 'a7cde1ZJB1kG2e7VfTs3jQzaWizur8Gb',
  merchantPrivateKey: ours.privateKey,
  merchantSerial: '5f1c72e2a8931b72a2e13af8dee92471eb397115',
  platformPublicKey: theirs.publicKey,
  platformPublicKeyId: 'PUB_KEY_ID_0119000001092026030200381234000123',
};
const { platformPublicKey: _key, platformPublicKeyId: _id, ...withoutKeys } = live;

describe('the options', () => {
  it.each<[string, WechatOptions]>([
    ['a public key', { live }],
    ['certificates', { live: { ...withoutKeys, platformCertificates: true } }],
    ['both, while WeChat moves the merchant', { live: { ...live, platformCertificates: true } }],
    ['a key in the older form', { live: { ...live, merchantPrivateKey: ours.pkcs1 } }],
    ['a simulator', { test: { ...live, baseUrl: 'http://127.0.0.1:4010/' } }],
    ['a clock', { live, now: () => new Date(0) }],
  ])('may have %s', (_, options) => {
    expect(merchantsOf(options)).toHaveLength(1);
  });

  it('make a live instance at WeChat and a simulated one at the simulator', () => {
    const options = { live, test: { ...live, mchid: '1600000001', baseUrl: 'http://127.0.0.1:4010' } };

    expect(
      wechat(options).channels.map(({ mode, simulated, merchantAccount }) => [mode, simulated, merchantAccount]),
    ).toEqual([
      ['live', undefined, '1900000109'],
      ['test', true, '1600000001'],
    ]);
    expect(merchantsOf(options).map(({ hosts }) => hosts)).toEqual([
      ['https://api.mch.weixin.qq.com', 'https://api2.mch.weixin.qq.com'],
      ['http://127.0.0.1:4010'],
    ]);
  });

  it('take a serial number as people write it', () => {
    const [merchant] = merchantsOf({ live });

    expect(merchant.merchantSerial).toBe('5F1C72E2A8931B72A2E13AF8DEE92471EB397115');
  });

  const change = (changes: object) => ({ live: { ...live, ...changes } });
  it.each<[why: string, param: string, options: unknown, advice: string]>([
    ['nothing', 'live', {}, 'Give the merchant of at least one'],
    ['null', 'live', null, 'the options are an object'],
    ['a misspelt option', 'lvie', { lvie: live }, 'The options are live, test and now'],
    ['text for the clock', 'now', { live, now: 'today' }, 'a function that returns a Date'],
    ['text for a merchant', 'live', { live: '1900000109' }, 'is not an object'],
    ['a misspelt field', 'live.apiKey', change({ apiKey: 'x' }), 'There are mchid, appid'],
    ['another host for live money', 'live.baseUrl', change({ baseUrl: 'http://127.0.0.1:1' }), 'is not an option'],
    ['a number for mchid', 'live.mchid', change({ mchid: 1_900_000_109 }), 'in quotes'],
    ['an appid of something else', 'live.appid', change({ appid: '2021001111111111' }), 'begins with wx'],
    ['a short APIv3 key', 'live.apiV3Key', change({ apiV3Key: 'a7cde1ZJB1kG2e7V' }), 'not the older API key'],
    ['an APIv3 key with other characters', 'live.apiV3Key', change({ apiV3Key: '密'.repeat(32) }), '32 letters'],
    ['a key that is none', 'live.merchantPrivateKey', change({ merchantPrivateKey: 'MIIE' }), 'apiclient_key.pem'],
    [
      'a public key for a private one',
      'live.merchantPrivateKey',
      change({ merchantPrivateKey: ours.publicKey }),
      'RSA private',
    ],
    ['a weak key', 'live.merchantPrivateKey', change({ merchantPrivateKey: weak.privateKey }), 'RSA private'],
    ['a key of another kind', 'live.merchantPrivateKey', change({ merchantPrivateKey: curve }), 'RSA private'],
    ['a serial number that is none', 'live.merchantSerial', change({ merchantSerial: 'apiclient' }), 'hex digits'],
    ['no key of WeChat', 'live.platformPublicKey', { live: withoutKeys }, 'platformCertificates: true'],
    ['an id without its key', 'live.platformPublicKey', change({ platformPublicKey: undefined }), 'pub_key.pem'],
    ['a key without its id', 'live.platformPublicKeyId', change({ platformPublicKeyId: undefined }), 'PUB_KEY_ID_'],
    [
      'a serial number for the id',
      'live.platformPublicKeyId',
      change({ platformPublicKeyId: '5F1C72E2' }),
      'PUB_KEY_ID_',
    ],
    [
      'a private key for WeChat’s',
      'live.platformPublicKey',
      change({ platformPublicKey: theirs.privateKey }),
      'RSA public',
    ],
    [
      'the own key for WeChat’s',
      'live.platformPublicKey',
      change({ platformPublicKey: ours.publicKey }),
      'not your own',
    ],
    ['text for certificates', 'live.platformCertificates', change({ platformCertificates: 'yes' }), 'true or false'],
    ['no simulator', 'test.baseUrl', { test: live }, 'http://127.0.0.1:4010'],
    ['a simulator below a path', 'test.baseUrl', { test: { ...live, baseUrl: 'http://h/x' } }, 'http://127.0.0.1:4010'],
    ['a file for the simulator', 'test.baseUrl', { test: { ...live, baseUrl: 'file:///x' } }, 'http://127.0.0.1:4010'],
  ])('refuse %s', (_, param, options, advice) => {
    let error: unknown;
    try {
      wechat(options as WechatOptions);
    } catch (thrown) {
      error = thrown;
    }

    if (!isItPayError(error)) throw new Error('It was not refused.');
    expect(error).toMatchObject({ code: 'CONFIGURATION_INVALID', param });
    expect(error.message).toContain(advice);
    for (const secret of secretsIn(options)) expect(error.message).not.toContain(secret);
  });
});

function secretsIn(options: unknown): string[] {
  const { live: merchant } = (options ?? {}) as { live?: Record<string, unknown> };
  return [merchant?.['apiV3Key'], merchant?.['merchantPrivateKey']].filter((one) => typeof one === 'string');
}
