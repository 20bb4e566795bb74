import { writeEmvco, type EmvcoInput } from '@itpay/core';
import { fakeClock, seededRandom } from '@itpay/testkit';
import { expect, it } from 'vitest';
import { pix } from './channel.js';
import { walletAt } from './payer.js';

const [live, test] = pix({ key: '52998224725', name: 'Loja da Esquina', city: 'SAO PAULO' }).channels;
const wallet = walletAt(fakeClock('2025-01-01T00:00:00Z'), seededRandom('wallet'));
const amount = { currency: 'BRL', value: 1990n };
const request = { reference: 'A1B2C3D4E5F6G7H8', amount, description: null, expiresAt: new Date(0) };

it('reads what a code of test mode asks for', () => {
  expect(wallet.scan(test!.encode!(request).qrData)).toEqual(amount);
});

it('never pays a real code', () => {
  expect(() => wallet.scan(live!.encode!(request).qrData)).toThrow('This is a real Pix code');
});

const nobody: EmvcoInput = [
  '26',
  [
    ['00', 'br.gov.bcb.pix'],
    ['01', '00000000-0000-0000-0000-000000000000'],
  ],
];
const code = (...fields: EmvcoInput[]) => writeEmvco([['00', '01'], ...fields]);

it.each([
  ['no code', 'hello', 'The wallet cannot read this code'],
  ['a code of another rail', code(['26', [['00', 'com.example']]]), 'This is no Pix code.'],
  ['a card account beside the unpayable key', code(['02', '4000123456789012'], nobody), 'This is a real Pix code'],
  ['another currency', code(nobody, ['53', '840'], ['54', '1.00']), 'does not ask for reais'],
  ['a code without an amount', code(nobody, ['53', '986']), 'leaves the amount to the payer'],
])('refuses %s', (_, text, reason) => {
  expect(() => wallet.scan(text)).toThrow(reason);
});

it('numbers every transfer anew, at the time of the clock', () => {
  const [first, second] = [wallet.transfer(amount), wallet.transfer(amount)];

  expect(first).toMatchObject({ amount, paidAt: new Date('2025-01-01T00:00:00Z') });
  expect(first.channelTransactionId).toMatch(/^SIM202501010000[0-9a-f]{16}$/);
  expect(second.channelTransactionId).not.toBe(first.channelTransactionId);
});
