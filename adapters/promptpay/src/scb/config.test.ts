import { isItPayError } from '@itpay/core';
import { describe, expect, it } from 'vitest';
import { promptpay } from '../channel.js';
import { parsePromptPay } from '../parse.js';
import { authorityFor } from '../../../../test/support/certificates.js';
import { merchantsOf, type ScbMerchant, type ScbOptions } from './config.js';
import { scb } from './scb.js';

const merchant: ScbMerchant = {
  billerId: '0994000165501-00',
  apiKey: 'l7f7b936ead92e4c5b87241cf9cca7565a',
  apiSecret: 'canary-of-a-secret',
  reference3Prefix: 'SCB',
};

const { shop } = authorityFor(['shop']);
const { stranger } = authorityFor(['stranger']);
const { certificate, privateKey } = shop;

describe('an application at SCB', () => {
  it('is at production for live and in SCB’s sandbox for test', () => {
    expect(merchantsOf({ live: merchant, test: merchant })).toMatchObject([
      { mode: 'live', baseUrl: 'https://api.partners.scb/partners', simulated: false, billerId: '099400016550100' },
      { mode: 'test', baseUrl: 'https://api-sandbox.partners.scb/partners/sandbox', simulated: false },
    ]);
  });

  it('is simulated where it is reached without TLS', () => {
    const test = { ...merchant, billerId: '000000000000000', baseUrl: 'http://127.0.0.1:4010/' };

    expect(merchantsOf({ test })).toMatchObject([{ baseUrl: 'http://127.0.0.1:4010', simulated: true }]);
  });

  it('may show a certificate', () => {
    expect(merchantsOf({ live: { ...merchant, certificate, privateKey } })).toMatchObject([
      { identity: { certificate, privateKey } },
    ]);
  });

  it.each<[what: string, change: object, param: string, reason: string]>([
    ['a short biller', { billerId: '0994000165501' }, 'billerId', '15 digits'],
    ['a biller as a number', { billerId: 99400016550100 }, 'billerId', '15 digits'],
    ['a biller of zeros', { billerId: '000000000000000' }, 'billerId', 'payee of a simulator'],
    ['no key', { apiKey: undefined }, 'apiKey', 'is missing'],
    ['a key that no header can hold', { apiKey: 'a\nb' }, 'apiKey', 'is missing'],
    ['no secret', { apiSecret: '' }, 'apiSecret', 'is missing'],
    ['a long prefix', { reference3Prefix: 'ABCDE' }, 'reference3Prefix', '1 to 4 of A-Z'],
    ['no prefix', { reference3Prefix: undefined }, 'reference3Prefix', '1 to 4 of A-Z'],
    ['small letters in reference 2', { reference2: 'shop1' }, 'reference2', '1 to 20 of A-Z'],
    ['an address that is none', { baseUrl: 'api.partners.scb' }, 'baseUrl', 'is no address'],
    ['an address with a query', { baseUrl: 'https://a.example/?a=1' }, 'baseUrl', 'is no address'],
    ['an address with credentials', { baseUrl: 'https://me@a.example' }, 'baseUrl', 'is no address'],
    ['an address without TLS', { baseUrl: 'http://a.example' }, 'baseUrl', 'https in live mode'],
    ['a certificate alone', { certificate }, 'privateKey', 'no private key'],
    ['a key alone', { privateKey }, 'certificate', 'no certificate'],
    ['a certificate that is none', { certificate: 'pem', privateKey }, 'certificate', 'no certificate'],
    ['a misspelt option', { apikey: 'a' }, 'apikey', 'is not an option'],
  ])('is refused with %s', (_what, change, param, reason) => {
    const live = { ...merchant, ...change } as ScbMerchant;

    expect(refusalOf({ live })).toMatchObject({ param: `live.${param}`, message: expect.stringContaining(reason) });
  });

  it('is refused with the key of another certificate, and the key is not told', () => {
    const { message } = refusalOf({ live: { ...merchant, certificate, privateKey: stranger.privateKey } });

    expect(message).toContain('does not belong to certificate');
    expect(message).not.toContain('BEGIN');
  });

  it.each<[what: string, options: unknown, param: string]>([
    ['nothing', {}, 'live'],
    ['null', null, 'live'],
    ['text for an application', { live: 'key' }, 'live'],
    ['a misspelt option', { sandbox: merchant }, 'sandbox'],
    ['a clock that is none', { live: merchant, now: 5 }, 'now'],
  ])('is refused with %s', (_what, options, param) => {
    expect(refusalOf(options as ScbOptions)).toMatchObject({ param });
  });

  function refusalOf(options: ScbOptions) {
    try {
      scb(options);
    } catch (error) {
      if (!isItPayError(error)) throw error;
      expect(error.code).toBe('CONFIGURATION_INVALID');
      expect(error.message).toContain('scb({ … })');
      expect(error.message).not.toContain('canary');
      return error;
    }
    throw new Error('It was not refused.');
  }
});

describe('promptpay with a provider', () => {
  it('brings both instances of it', () => {
    const { channels } = promptpay({ provider: scb({ live: merchant, test: merchant }) });

    expect(channels.map(({ mode, simulated, encode }) => [mode, simulated, encode])).toEqual([
      ['live', undefined, undefined],
      ['test', undefined, undefined],
    ]);
  });

  it('shows a biller that nobody is in test mode when the provider has no test application', () => {
    const [live, test] = promptpay({ provider: scb({ live: merchant }) }).channels;
    const { qrData } = test!.encode!({
      reference: 'AB12CD34EF56GH78',
      amount: { currency: 'THB', value: 1n },
      description: null,
      expiresAt: new Date(),
    });

    expect(live).toMatchObject({ mode: 'live', merchantAccount: '099400016550100' });
    expect(test).toMatchObject({ mode: 'test', simulated: true });
    expect(parsePromptPay(qrData)).toMatchObject({ code: { billerId: '000000000000000' } });
  });

  it.each([
    ['target', { target: '0812345678' }],
    ['biller', { biller: { id: '099400016550100' } }],
    ['traget', { traget: '0812345678' }],
  ])('takes no %s beside it', (param, beside) => {
    const options = { provider: scb({ live: merchant }), ...beside };

    expect(() => promptpay(options)).toThrow(expect.objectContaining({ code: 'CONFIGURATION_INVALID', param }));
  });

  it.each([null, 'scb', {}, { instances: [] }])('refuses %j for one', (provider) => {
    expect(() => promptpay({ provider } as never)).toThrow(
      expect.objectContaining({ code: 'CONFIGURATION_INVALID', param: 'provider' }),
    );
  });
});
