import { channelContract } from '@itpay/testkit';
import { describe, expect, it } from 'vitest';
import { qris } from './channel.js';
import { readQris } from './read.js';

// A published example of a printed code.
const PRINTED =
  '00020101021126650013ID.CO.BCA.WWW011893600014000128766702150008850012876670303UKE51440014ID.CO.QRIS.WWW0215ID10210818616060303UKE5204074253033605802ID5909GREEN PAW6007TANGSEL61051532362070703A0163046D3F';

channelContract(() => qris({ static: PRINTED }), {
  excused: { 'gives different references different texts': 'a printed code is kept as it is and carries no reference' },
});

const request = {
  reference: 'A',
  amount: { currency: 'IDR', value: 2_500_000n },
  description: null,
  expiresAt: new Date('2026-01-01T00:00:00Z'),
};

describe('a printed code', () => {
  it('is shown with the amount, and stays the code of the same merchant', () => {
    const [live] = qris({ static: ` ${PRINTED}\n` }).channels;

    expect(live).toMatchObject({ mode: 'live', merchantAccount: 'ID1021081861606', exponentOverrides: { IDR: 0 } });
    expect(readQris(live!.encode!(request).qrData)).toMatchObject({
      ok: true,
      code: { method: 'dynamic', amount: request.amount, merchantName: 'GREEN PAW' },
    });
  });

  it('is replaced by one that nobody can pay in test mode', () => {
    const [, test] = qris({ static: PRINTED }).channels;

    expect(test).toMatchObject({ mode: 'test', simulated: true, merchantAccount: 'ID0000000000000' });
    expect(readQris(test!.encode!(request).qrData)).toMatchObject({
      code: { merchantName: 'Test mode' },
      warnings: [],
    });
  });

  it('has nobody who confirms, closes or refunds', () => {
    const [live] = qris({ static: PRINTED }).channels;

    expect(live!.capabilities).toEqual(['qr_dynamic', 'offline_qr']);
  });

  it('has its report read in both modes when it is told how', () => {
    const statement = async function* () {};

    for (const channel of qris({ static: PRINTED, statement }).channels) {
      expect(channel.capabilities).toEqual(['qr_dynamic', 'offline_qr', 'statement']);
      expect(channel.parseStatement).toBe(statement);
    }
  });

  it.each([
    ['is no function', { static: PRINTED, statement: {} }],
    ['stands without a printed code', { statement: async function* () {} }],
  ])('is refused when its reader %s', (_what, options) => {
    expect(() => qris(options as never)).toThrow(
      expect.objectContaining({ code: 'CONFIGURATION_INVALID', param: 'statement' }),
    );
  });

  it('takes no part of a rupiah', () => {
    const [live] = qris({ static: PRINTED }).channels;

    expect(() => live!.encode!({ ...request, amount: { currency: 'IDR', value: 1250n } })).toThrow(
      expect.objectContaining({ code: 'AMOUNT_PRECISION_UNSUPPORTED' }),
    );
  });
});
