import type { AuthorizeRequest } from '@itpay/kernel';
import { channelContract } from '@itpay/testkit';
import { describe, expect, it } from 'vitest';
import { promptpay } from './channel.js';
import { parsePromptPay } from './parse.js';

const noReference = {
  'gives different references different texts': 'a transfer to a PromptPay id carries no reference',
};

channelContract(() => promptpay({ target: '0812345678' }), { excused: noReference });
channelContract(() => promptpay({ biller: { id: '099400016550100', reference2: 'SHOP1' } }));

const request: AuthorizeRequest = {
  reference: 'AB12CD34EF56GH78',
  amount: { currency: 'THB', value: 12345n },
  description: null,
  expiresAt: new Date('2025-01-01T00:15:00Z'),
};

describe('promptpay()', () => {
  it('brings only test mode when no payee is named', () => {
    expect(promptpay().channels.map(({ mode, simulated }) => ({ mode, simulated }))).toEqual([
      { mode: 'test', simulated: true },
    ]);
  });

  it('shows a mobile number that nobody has in test mode', () => {
    const [test] = promptpay().channels;

    expect(read(test!.encode!(request).qrData)).toMatchObject({ proxy: { type: 'mobile', value: '0066000000000' } });
  });

  it('shows a biller that nobody is in test mode when live mode has a biller', () => {
    const [live, test] = promptpay({ biller: { id: '099400016550100', reference2: 'SHOP1' } }).channels;

    expect(read(live!.encode!(request).qrData)).toMatchObject({ billerId: '099400016550100' });
    expect(read(test!.encode!(request).qrData)).toMatchObject({
      billerId: '000000000000000',
      reference1: 'AB12CD34EF56GH78',
      reference2: 'SHOP1',
    });
  });

  it.each([
    ['0812345678', '0066812345678'],
    ['+66 81 234 5678', '0066812345678'],
    ['1-2345-67890-12-1', '1234567890121'],
    ['004999000288505', '004999000288505'],
  ])('names the payee %s as the rail does: %s', (target, merchantAccount) => {
    const [live, test] = promptpay({ target }).channels;

    expect(live).toMatchObject({ mode: 'live', merchantAccount });
    expect(test).toMatchObject({ mode: 'test', merchantAccount: '0066000000000' });
  });

  it('reads statements in both modes when it is told how, and says so', () => {
    const statement = async function* () {};

    for (const channel of promptpay({ target: '0812345678', statement }).channels) {
      expect(channel.capabilities).toEqual(['qr_dynamic', 'offline_qr', 'statement']);
      expect(channel.parseStatement).toBe(statement);
    }
    for (const channel of promptpay({ target: '0812345678' }).channels) {
      expect(channel.capabilities).toEqual(['qr_dynamic', 'offline_qr']);
    }
  });

  it('refuses a wrong target at once', () => {
    expect(() => promptpay({ target: '081' })).toThrow(
      expect.objectContaining({ code: 'CONFIGURATION_INVALID', param: 'target' }),
    );
  });
});

function read(payload: string): unknown {
  const reading = parsePromptPay(payload);
  return reading.ok ? reading.code : reading.reason;
}
