import { generateKeyPairSync } from 'node:crypto';
import { isItPayError } from '@itpay/core';
import { startAlipaySimulator } from '@itpay/simulator';
import { describe, expect, it } from 'vitest';
import { rootCertificateSn } from './certificate.js';
import { alipay } from './channel.js';
import { configsOf, type AlipayOptions, type AlipayTestAccount } from './config.js';

const pemOf = (bits: number) => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: bits });
  return {
    private: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    public: publicKey.export({ type: 'spki', format: 'pem' }) as string,
  };
};
const [app, theirs, short] = [pemOf(2048), pemOf(2048), pemOf(1024)];

const account: AlipayTestAccount = {
  appId: '2021000122671080',
  sellerId: '2088531891668739',
  appPrivateKey: app.private,
  alipayPublicKey: theirs.public,
};
// Certificates can only be had from somebody who issues them.
const certified = async () => {
  const { close, credentials } = await startAlipaySimulator({ mode: 'certificate' });
  await close();
  return credentials;
};
const [ours, others] = [await certified(), await certified()];

describe('the accounts', () => {
  it('may be live, test or both', () => {
    expect(configsOf({ live: account }).map(({ mode }) => mode)).toEqual(['live']);
    expect(configsOf({ test: account }).map(({ mode }) => mode)).toEqual(['test']);
    expect(configsOf({ live: account, test: account }).map(({ mode }) => mode)).toEqual(['live', 'test']);
  });

  it.each<[gateway: string | undefined, simulated: boolean]>([
    [undefined, false],
    ['https://openapi-sandbox.dl.alipaydev.com/gateway.do', false],
    ['http://127.0.0.1:4020/gateway.do', true],
    ['http://localhost:4020/gateway.do', true],
    ['https://simulator.example/gateway.do', true],
  ])('of test mode at %s, simulated: %s', (gateway, simulated) => {
    expect(configsOf({ test: { ...account, gateway } })[0].simulated).toBe(simulated);
  });

  it('hold money only where it is said', () => {
    const holdsOf = (holds: AlipayTestAccount['holds']) => configsOf({ test: { ...account, holds } })[0].holds;

    expect([holdsOf(undefined), holdsOf(false)]).toEqual([null, null]);
    expect([holdsOf(true), holdsOf({ category: 'RENT_CAR' })]).toEqual([
      { category: undefined },
      { category: 'RENT_CAR' },
    ]);
  });

  it('by certificates name them in every request', () => {
    const [{ certificateNumbers, keysFor }] = configsOf({ test: ours });

    expect(Object.keys(certificateNumbers)).toEqual(['app_cert_sn', 'alipay_root_cert_sn']);
    for (const sn of Object.values(certificateNumbers)) expect(sn).toMatch(/^[0-9a-f]{32}(_[0-9a-f]{32})*$/);
    expect(keysFor(undefined)).toHaveLength(1);
    expect(keysFor('0'.repeat(32))).toBeNull();
  });

  it('may list two certificates of Alipay while they change', () => {
    const roots = `${ours.alipayRootCert}\n${others.alipayRootCert}`;
    const both = { ...ours, alipayCert: [ours.alipayCert!, others.alipayCert!], alipayRootCert: roots };

    expect(configsOf({ test: both })[0].keysFor(undefined)).toHaveLength(2);
  });
});

describe('what an account can do', () => {
  const capabilitiesOf = (change: Partial<AlipayTestAccount>) =>
    alipay({ test: { ...account, ...change } }).channels[0]!.capabilities;

  it('depends on its contract', () => {
    expect(capabilitiesOf({})).not.toContain('manual_capture');
    expect(capabilitiesOf({ holds: true })).toEqual(expect.arrayContaining(['manual_capture', 'partial_capture']));
  });

  it('opens the app of a payer who has only a phone, except for codes that no app knows', () => {
    const [sandbox] = alipay({ test: account }).channels;

    expect(sandbox!.deepLink!('https://qr.alipay.com/bax1')).toBe('https://qr.alipay.com/bax1');
    expect(capabilitiesOf({ gateway: 'http://127.0.0.1:4020/gateway.do' })).not.toContain('deep_link');
  });

  it('never makes "not found" final', () => {
    expect(capabilitiesOf({ holds: true })).not.toContain('not_found_is_final');
  });
});

describe('a mistake stops the start', () => {
  it.each<[what: string, change: object, option: string, reason: string]>([
    ['an app id as a number', { appId: 2021000122671080 }, 'appId', '16 digits'],
    ['a short app id', { appId: '2021' }, 'appId', '16 digits'],
    ['no seller', { sellerId: undefined }, 'sellerId', 'begins with 2088'],
    ['an app id as the seller', { sellerId: '2021000122671080' }, 'sellerId', 'begins with 2088'],
    ['no private key', { appPrivateKey: '' }, 'appPrivateKey', 'no RSA private key'],
    ['a public key as the private one', { appPrivateKey: app.public }, 'appPrivateKey', 'no RSA private key'],
    ['a short private key', { appPrivateKey: short.private }, 'appPrivateKey', '2048 bits'],
    ['no key of Alipay', { alipayPublicKey: undefined }, 'alipayPublicKey', 'must be set'],
    ['the own public key', { alipayPublicKey: app.public }, 'alipayPublicKey', 'your own public key'],
    ['a private key as that of Alipay', { alipayPublicKey: theirs.private }, 'alipayPublicKey', 'no RSA public key'],
    [
      'a certificate as the key of Alipay',
      { alipayPublicKey: ours.alipayCert },
      'alipayPublicKey',
      'no RSA public key',
    ],
    ['a short key of Alipay', { alipayPublicKey: short.public }, 'alipayPublicKey', '2048 bits'],
    ['both modes', { appCert: 'x', alipayCert: 'x', alipayRootCert: 'x' }, 'alipayPublicKey', 'and not both'],
    ['an empty login name', { payeeLogonId: ' ' }, 'payeeLogonId', 'Leave it out'],
    ['holds as text', { holds: 'yes' }, 'holds', 'is not an object'],
    ['holds without category', { holds: {} }, 'holds', 'RENT_CAR'],
    ['an unknown option', { apId: '1' }, 'apId', 'is not an option'],
    ['an address that is none', { gateway: 'gateway.do' }, 'gateway', 'https://'],
    ['an address without TLS', { gateway: 'http://example.com/gateway.do' }, 'gateway', 'https://'],
    ['an address with a password', { gateway: 'https://a:b@example.com/gateway.do' }, 'gateway', 'https://'],
    [
      'the address of real money',
      { gateway: 'https://openapi.alipay.com/gateway.do' },
      'gateway',
      'Give that account as live',
    ],
  ])('%s', (_what, change, option, reason) => {
    expectRefusal({ test: { ...account, ...change } as AlipayTestAccount }, `test.${option}`, reason);
  });

  it.each<[what: string, change: object, option: string, reason: string]>([
    ['a path instead of a certificate', { appCert: '/etc/app.crt' }, 'appCert', 'not its path'],
    [
      'a broken certificate',
      { alipayCert: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----' },
      'alipayCert',
      'no PEM',
    ],
    ['the certificate of another key', { appCert: others.appCert }, 'appCert', 'not the certificate of appPrivateKey'],
    ['a certificate under another root', { alipayCert: others.alipayCert }, 'alipayCert', 'does not lead to a root'],
    [
      'a root that only has the same name',
      { alipayRootCert: others.alipayRootCert },
      'alipayCert',
      'does not lead to a root',
    ],
    ['no roots', { alipayRootCert: '' }, 'alipayRootCert', 'no PEM'],
    ['no certificates of Alipay', { alipayCert: [] }, 'alipayCert', 'empty list'],
    ['two of the three', { alipayRootCert: undefined }, 'alipayPublicKey', 'all of appCert, alipayCert'],
  ])('with certificates: %s', (_what, change, option, reason) => {
    expectRefusal({ test: { ...ours, ...change } }, `test.${option}`, reason);
  });

  it('certificates that have expired, or are not valid yet', () => {
    expectRefusal({ test: ours, now: () => new Date('2099-01-01') }, 'test.appCert', 'has expired');
    expectRefusal({ test: ours, now: () => new Date('2001-01-01') }, 'test.appCert', 'has expired');
  });

  it('no account, an option beside the accounts, a gateway for real money, a clock that is none', () => {
    expectRefusal({}, 'live', 'Give at least one account');
    expectRefusal({ test: account, mode: 'test' } as AlipayOptions, 'mode', 'live, test and now');
    expectRefusal(
      { live: { ...account, gateway: 'https://example.com' } as AlipayTestAccount },
      'live.gateway',
      'is not an option',
    );
    expectRefusal({ test: account, now: new Date() } as unknown as AlipayOptions, 'now', 'not a function');
    expectRefusal(null as unknown as AlipayOptions, 'live', 'is not an object');
  });
});

it('the numbers of a bundle leave out the root with SM2', () => {
  const [{ certificateNumbers }] = configsOf({ test: ours });

  expect(ours.alipayRootCert!.match(/BEGIN CERTIFICATE/g)!.length).toBeGreaterThan(
    certificateNumbers['alipay_root_cert_sn']!.split('_').length,
  );
  expect(rootCertificateSn([])).toBe('');
});

function expectRefusal(options: AlipayOptions, param: string, reason: string): void {
  let error: unknown;
  try {
    configsOf(options);
  } catch (thrown) {
    error = thrown;
  }

  if (!isItPayError(error)) throw new Error(`Not refused: ${param}`, { cause: error });
  expect(error).toMatchObject({ code: 'CONFIGURATION_INVALID', param });
  expect(error.message).toContain(reason);
  expect(error.message).not.toMatch(/MII|BEGIN|a:b/);
}
