import { crc16, writeEmvco, type EmvcoInput } from '@itpay/core';
import { describe, expect, it } from 'vitest';
import { promptpayPayer } from './payer.js';

const at = new Date('2025-01-01T18:30:00Z'); // 01:30 of the next day in Bangkok

function payer() {
  let next = 0;
  const random = { bytes: (length: number) => Uint8Array.from({ length }, () => next++ % 256) };
  return promptpayPayer({ clock: { now: () => at }, random });
}

const nobody: EmvcoInput = [
  '29',
  [
    ['00', 'A000000677010111'],
    ['01', '0066000000000'],
  ],
];
const nobodyBiller = (...references: EmvcoInput[]): EmvcoInput => [
  '30',
  [['00', 'A000000677010112'], ['01', '000000000000000'], ...references],
];

function code({ accounts = [nobody], currency = '764', amount = '123.45', country = 'TH' }: CodeFields = {}): string {
  return writeEmvco([
    ['00', '01'],
    ['01', '12'],
    ...accounts,
    ['53', currency],
    ...(amount === null ? [] : [['54', amount] as const]),
    ['58', country],
  ]);
}

interface CodeFields {
  accounts?: EmvcoInput[];
  currency?: string;
  amount?: string | null;
  country?: string;
}

describe('the simulated PromptPay payer', () => {
  it('reads what the code asks for', () => {
    expect(payer().scan(code())).toEqual({ currency: 'THB', value: 12345n });
  });

  it('reads a bill with references', () => {
    const accounts = [nobodyBiller(['02', 'ABC123'], ['03', 'SHOP1'])];

    expect(payer().scan(code({ accounts }))).toEqual({ currency: 'THB', value: 12345n });
  });

  it('transfers as much as the payer likes, at the time of the clock', () => {
    const amount = { currency: 'THB', value: 99n };

    expect(payer().transfer(amount)).toMatchObject({ amount, paidAt: at });
  });

  it.each([
    ['0.01', 1n],
    ['5', 500n],
    ['5.5', 550n],
    ['9999999999.99', 999_999_999_999n],
  ])('reads %s baht as %d satang', (amount, value) => {
    expect(payer().scan(code({ amount })).value).toBe(value);
  });

  it('numbers transfers with the day in Bangkok, and every one anew', () => {
    const wallet = payer();
    const amount = { currency: 'THB', value: 1n };

    const [first, second] = [wallet.transfer(amount), wallet.transfer(amount)];

    expect(first.channelTransactionId).toMatch(/^SIM20250102[0-9A-HJKMNP-TV-Z]{12}$/);
    expect(second.channelTransactionId).not.toBe(first.channelTransactionId);
  });

  it.each<[string, EmvcoInput[]]>([
    [
      'a mobile number',
      [
        [
          '29',
          [
            ['00', 'A000000677010111'],
            ['01', '0066812345678'],
          ],
        ],
      ],
    ],
    [
      'a national id',
      [
        [
          '29',
          [
            ['00', 'A000000677010111'],
            ['02', '0066000000000'],
          ],
        ],
      ],
    ],
    [
      'a wallet',
      [
        [
          '29',
          [
            ['00', 'A000000677010111'],
            ['03', '000000000000000'],
          ],
        ],
      ],
    ],
    [
      'a second proxy behind the unpayable one',
      [
        [
          '29',
          [
            ['00', 'A000000677010111'],
            ['01', '0066000000000'],
            ['01', '0066812345678'],
          ],
        ],
      ],
    ],
    [
      'another application',
      [
        [
          '29',
          [
            ['00', 'A000000677010114'],
            ['01', '0066000000000'],
          ],
        ],
      ],
    ],
    [
      'a biller',
      [
        [
          '30',
          [
            ['00', 'A000000677010112'],
            ['01', '099400016550100'],
            ['02', 'A1'],
          ],
        ],
      ],
    ],
    [
      'a cross-border biller',
      [
        [
          '30',
          [
            ['00', 'A000000677012006'],
            ['01', '000000000000000'],
          ],
        ],
      ],
    ],
    ['a biller with a field that is no reference', [nobodyBiller(['04', '1234567890'])]],
    [
      'a real biller beside the unpayable number',
      [
        nobody,
        [
          '30',
          [
            ['00', 'A000000677010112'],
            ['01', '099400016550100'],
          ],
        ],
      ],
    ],
    ['a card account beside the unpayable number', [['02', '4000123456789012'], nobody]],
  ])('never pays a code with %s', (_, accounts) => {
    expect(() => payer().scan(code({ accounts }))).toThrow(
      'This is a real PromptPay code; the simulator never pays real codes.',
    );
  });

  it.each<[string, string, string]>([
    ['a broken checksum', code().replace(/.{4}$/, '0000'), 'The checksum is wrong.'],
    ['a changed amount', code().replace('123.45', '923.45'), 'The checksum is wrong.'],
    ['no EMVCo payload', 'weixin://wxpay/bizpayurl?pr=abc', 'does not end with a checksum'],
    ['no text', '', 'does not end with a checksum'],
    ['no amount', code({ amount: null }), 'leaves the amount to the payer'],
    ['a zero amount', resealed(code().replace('5406123.45', '54040.00')), 'is zero'],
    ['another currency', code({ currency: '840' }), 'does not ask for Thai baht'],
    ['another country', code({ country: 'SG' }), 'does not ask for Thai baht'],
    ['half a satang', code({ amount: '1.005' }), '3 decimals'],
  ])('refuses %s', (_, qrData, reason) => {
    expect(() => payer().scan(qrData)).toThrow(reason);
  });

  it('keeps the payload out of its errors', () => {
    const real = code({
      accounts: [
        [
          '29',
          [
            ['00', 'A000000677010111'],
            ['01', '0066812345678'],
          ],
        ],
      ],
    });

    expect(() => payer().scan(real)).toThrow(
      expect.objectContaining({ code: 'PARAMETER_INVALID', message: expect.not.stringContaining('812345678') }),
    );
  });
});

/** The payload with the checksum that fits it: what the strict writer would refuse to write. */
function resealed(payload: string): string {
  const body = payload.slice(0, -4);
  return body + crc16(body);
}
