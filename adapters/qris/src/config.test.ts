import { generateKeyPairSync } from 'node:crypto';
import { isItPayError } from '@itpay/core';
import { describe, expect, it } from 'vitest';
import { qris } from './channel.js';
import { configOf, type QrisOptions, type SnapMerchant } from './config.js';
import { ACQUIRERS } from './profile.js';

const [ours, acquirers] = [1, 2].map(() => generateKeyPairSync('rsa', { modulusLength: 2048 }));
const good: SnapMerchant = {
  acquirer: 'doku',
  merchantId: 'M1',
  clientId: 'BRN-1',
  clientSecret: 'SK-very-secret',
  channelId: 'H2H',
  privateKey: ours!.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  publicKey: acquirers!.publicKey.export({ type: 'spki', format: 'pem' }) as string,
};
const PRINTED =
  '00020101021126650013ID.CO.BCA.WWW011893600014000128766702150008850012876670303UKE51440014ID.CO.QRIS.WWW0215ID10210818616060303UKE5204074253033605802ID5909GREEN PAW6007TANGSEL61051532362070703A0163046D3F';

describe('the options', () => {
  it.each([
    ['doku', 'https://api.doku.com', 'https://api-sandbox.doku.com'],
    ['midtrans', 'https://merchants.midtrans.com', 'https://merchants.sbx.midtrans.com'],
    ['dana', 'https://api.saas.dana.id', 'https://api.sandbox.dana.id'],
  ] as const)('know where %s listens', (acquirer, live, test) => {
    const config = configOf({ live: { ...good, acquirer }, test: { ...good, acquirer } });

    expect(config).toMatchObject({
      merchants: [
        { mode: 'live', baseUrl: live, simulated: false },
        { mode: 'test', baseUrl: test, simulated: false },
      ],
    });
  });

  it('point test mode to a simulator with baseUrl, and call that one simulated', () => {
    const [channel] = qris({ test: { ...good, baseUrl: 'http://127.0.0.1:4012' } }).channels;

    expect(channel).toMatchObject({
      mode: 'test',
      simulated: true,
      merchantAccount: 'M1',
      exponentOverrides: { IDR: 0 },
    });
  });

  it('take another acquirer as a profile', () => {
    const acquirer = {
      ...ACQUIRERS.aspi,
      name: 'Bank',
      baseUrl: 'https://api.bank.example',
      timestamp: 'utc',
    } as const;

    expect(configOf({ live: { ...good, acquirer } })).toMatchObject({
      merchants: [{ baseUrl: 'https://api.bank.example', profile: { name: 'Bank' } }],
    });
  });

  it('need no secret where the acquirer uses RSA both ways', () => {
    const { clientSecret: _, channelId: __, ...without } = good;

    expect(configOf({ live: { ...without, acquirer: 'dana' } })).toMatchObject({ merchants: [{ channelId: '95221' }] });
  });

  it('give a token endpoint to acquirers that need one, and only to those', () => {
    const contributed = (acquirer: 'doku' | 'midtrans') => {
      const points: unknown[] = [];
      qris({ live: { ...good, acquirer } }).register!({
        own: () => {},
        replace: () => {},
        contribute: (_to: unknown, _deps: unknown, make: () => unknown) => points.push(make()),
      } as never);
      return points.length;
    };

    expect([contributed('doku'), contributed('midtrans')]).toEqual([2, 1]);
  });

  it.each<[string, unknown, string]>([
    ['no options', null, 'live'],
    ['nothing in them', {}, 'live'],
    ['a misspelt one', { life: good }, 'life'],
    ['a clock that stands', { live: good, now: new Date() }, 'now'],
    ['both ways', { live: good, static: PRINTED }, 'static'],
    ['a code that is none', { static: 'hello' }, 'static'],
    ['a code with an amount', { static: PRINTED.replace('010211', '010212') }, 'static'],
    ['no object', { live: 'doku' }, 'live'],
    ['a misspelt field', { live: { ...good, clientID: 'x' } }, 'live.clientID'],
    ['baseUrl in live mode', { live: { ...good, baseUrl: 'https://x.example' } }, 'live.baseUrl'],
    ['an unknown acquirer', { live: { ...good, acquirer: 'bank' } }, 'live.acquirer'],
    ['a name of every object', { live: { ...good, acquirer: 'toString' } }, 'live.acquirer'],
    ['half a profile', { live: { ...good, acquirer: { name: 'Bank' } } }, 'live.acquirer.paths'],
    [
      'a path that is none',
      { live: { ...good, acquirer: { ...ACQUIRERS.doku, notifyPath: 'notify' } } },
      'live.acquirer.paths',
    ],
    [
      'half a list of paths',
      { live: { ...good, acquirer: { ...ACQUIRERS.doku, paths: { token: null } } } },
      'live.acquirer.paths.generate',
    ],
    [
      'a rule that does not exist',
      { live: { ...good, acquirer: { ...ACQUIRERS.doku, emptyBody: 'x' } } },
      'live.acquirer.emptyBody',
    ],
    ['a host that nobody named', { live: { ...good, acquirer: 'aspi' } }, 'live.acquirer.baseUrl'],
    [
      'plain HTTP in live mode',
      { live: { ...good, acquirer: { ...ACQUIRERS.doku, baseUrl: 'http://x.example' } } },
      'live.acquirer.baseUrl',
    ],
    [
      'refunds without a path',
      { live: { ...good, acquirer: { ...ACQUIRERS.doku, paths: { ...ACQUIRERS.doku.paths, refund: null } } } },
      'live.acquirer.paths.refund',
    ],
    ['a path behind the host', { test: { ...good, baseUrl: 'http://127.0.0.1/snap' } }, 'test.baseUrl'],
    ['no merchant', { live: { ...good, merchantId: '' } }, 'live.merchantId'],
    ['no client', { live: { ...good, clientId: undefined } }, 'live.clientId'],
    ['no secret', { live: { ...good, clientSecret: undefined } }, 'live.clientSecret'],
    ['no key', { live: { ...good, privateKey: 'SK-very-secret' } }, 'live.privateKey'],
    ['a public key for a private one', { live: { ...good, privateKey: good.publicKey } }, 'live.privateKey'],
    ['no key of theirs', { live: { ...good, publicKey: '' } }, 'live.publicKey'],
    ['a private key of theirs', { live: { ...good, publicKey: good.privateKey } }, 'live.publicKey'],
    [
      'our key for theirs',
      { live: { ...good, publicKey: ours!.publicKey.export({ type: 'spki', format: 'pem' }) } },
      'live.publicKey',
    ],
    ['no channel id', { live: { ...good, channelId: undefined } }, 'live.channelId'],
    ['a terminal that is no text', { live: { ...good, terminalId: 7 } }, 'live.terminalId'],
    ['additional text', { live: { ...good, additionalInfo: 'x' } }, 'live.additionalInfo'],
  ])('are refused with %s, and the message keeps secrets', (_what, options, param) => {
    let error: unknown;
    try {
      configOf(options as QrisOptions);
    } catch (thrown) {
      error = thrown;
    }

    expect(isItPayError(error) && { code: error.code, param: error.param }).toEqual({
      code: 'CONFIGURATION_INVALID',
      param,
    });
    expect(String((error as Error).message)).not.toMatch(/very-secret|BEGIN|MII/);
  });
});
