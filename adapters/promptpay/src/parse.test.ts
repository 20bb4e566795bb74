import { crc16, writeEmvco, type EmvcoInput } from '@itpay/core';
import { describe, expect, it } from 'vitest';
import { parsePromptPay } from './parse.js';
import { presentPromptPay } from './payload.js';

describe('reading a PromptPay code', () => {
  it('finds what a credit transfer asks for', () => {
    const payload = presentPromptPay({ target: '081-234-5678', amount: { currency: 'THB', value: 2015n } });

    expect(parsePromptPay(payload)).toEqual({
      ok: true,
      code: {
        kind: 'credit_transfer',
        static: false,
        aid: 'A000000677010111',
        amount: { currency: 'THB', value: 2015n },
        proxy: { type: 'mobile', value: '0066812345678' },
        customerPresented: false,
        message: null,
      },
    });
  });

  it('finds what a bill asks for', () => {
    const payload = presentPromptPay({ billerId: '099400016550100', reference1: 'A1', reference3: 'SCB' });

    expect(parsePromptPay(payload)).toEqual({
      ok: true,
      code: {
        kind: 'bill_payment',
        static: true,
        aid: 'A000000677010112',
        amount: null,
        billerId: '099400016550100',
        reference1: 'A1',
        reference2: null,
        reference3: 'SCB',
        crossBorder: false,
      },
    });
  });

  it('says when a biller is open to wallets of other countries', () => {
    const payload = code([bill('A000000677012006')]);

    expect(parsePromptPay(payload)).toMatchObject({ ok: true, code: { kind: 'bill_payment', crossBorder: true } });
  });

  it('says when a payer shows the code', () => {
    const payload = code([transfer('A000000677010114')]);

    expect(parsePromptPay(payload)).toMatchObject({ ok: true, code: { customerPresented: true } });
  });

  it('reads the note that TrueMoney adds', () => {
    const payload =
      '00020101021229370016A0000006770101110113006680111111153037645802TH540510.05' +
      '814800480065006C006C006F00200057006F0072006C006400216304';

    expect(parsePromptPay(payload + crc16(payload))).toMatchObject({ ok: true, code: { message: 'Hello World!' } });
  });

  it('ignores accounts of other applications', () => {
    const payload = code([
      transfer('A000000677010111'),
      [
        '31',
        [
          ['00', 'A000000677010113'],
          ['01', '004'],
        ],
      ],
    ]);

    expect(parsePromptPay(payload)).toMatchObject({ ok: true, code: { proxy: { value: '0066812345678' } } });
  });

  it.each<[string, string, string]>([
    ['nothing', '', 'does not end with a checksum'],
    ['a link', 'https://example.com/pay', 'does not end with a checksum'],
    ['a code of another country', code([transfer('A000000677010111')], { country: 'SG' }), 'not from Thailand'],
    ['another currency', code([transfer('A000000677010111')], { currency: '702' }), 'does not ask for Thai baht'],
    ['half a satang', code([transfer('A000000677010111')], { amount: '1.005' }), 'at most two decimals'],
    [
      'no PromptPay account',
      code([
        [
          '29',
          [
            ['00', 'D15600000000'],
            ['01', '0066812345678'],
          ],
        ],
      ]),
      'no PromptPay account',
    ],
    ['two accounts', code([transfer('A000000677010111'), bill('A000000677010112')]), 'two PromptPay accounts'],
    ['no payee', code([['29', [['00', 'A000000677010111']]]]), 'names no mobile number'],
    ['two payees', code([transfer('A000000677010111', ['02', '1234567890121'])]), 'names two payees'],
    [
      'a short proxy',
      code([
        [
          '29',
          [
            ['00', 'A000000677010111'],
            ['01', '0812345678'],
          ],
        ],
      ]),
      'wrong number of digits',
    ],
    [
      'letters as a biller',
      code([
        [
          '30',
          [
            ['00', 'A000000677010112'],
            ['01', 'ABCDEFGHIJKLMNO'],
          ],
        ],
      ]),
      'not 15 digits',
    ],
    [
      'no biller',
      code([
        [
          '30',
          [
            ['00', 'A000000677010112'],
            ['02', 'A1'],
          ],
        ],
      ]),
      'not 15 digits',
    ],
  ])('gives the reason against %s', (_, payload, reason) => {
    expect(parsePromptPay(payload)).toEqual({ ok: false, reason: expect.stringContaining(reason) });
  });
});

function transfer(aid: string, ...more: EmvcoInput[]): EmvcoInput {
  return ['29', [['00', aid], ['01', '0066812345678'], ...more]];
}

function bill(aid: string): EmvcoInput {
  return [
    '30',
    [
      ['00', aid],
      ['01', '099400016550100'],
      ['02', 'A1'],
    ],
  ];
}

function code(accounts: EmvcoInput[], { country = 'TH', currency = '764', amount = '1.00' } = {}): string {
  return writeEmvco([['00', '01'], ['01', '12'], ...accounts, ['53', currency], ['54', amount], ['58', country]]);
}
