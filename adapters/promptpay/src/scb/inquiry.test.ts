import { describe, expect, it } from 'vitest';
import type { Json } from '../json.js';
import type { ScbClient } from './client.js';
import { daysToAsk, findPayments, lastDayOver, LookedDays } from './inquiry.js';

describe('the days to ask about', () => {
  it.each<[what: string, now: string, lookedThrough: string | undefined, days: string[]]>([
    ['today, when yesterday is over', '2026-11-22T05:00:00Z', '2026-11-21', ['2026-11-22']],
    ['both days, after midnight', '2026-11-22T17:00:00Z', '2026-11-21', ['2026-11-22', '2026-11-23']],
    [
      'two days back, when nothing is known',
      '2026-11-22T05:00:00Z',
      undefined,
      ['2026-11-20', '2026-11-21', '2026-11-22'],
    ],
    ['no more than two days back', '2026-11-22T05:00:00Z', '2026-01-01', ['2026-11-20', '2026-11-21', '2026-11-22']],
    ['over the end of a year', '2026-12-31T17:30:00Z', '2026-12-30', ['2026-12-31', '2027-01-01']],
  ])('%s', (_what, now, lookedThrough, days) => {
    expect(daysToAsk(new Date(now), lookedThrough)).toEqual(days);
  });

  it.each([
    ['2026-11-22T16:59:59Z', '2026-11-21'], // 23:59:59 in Bangkok
    ['2026-11-22T17:00:00Z', '2026-11-21'], // 00:00 of the 23rd
    ['2026-11-22T17:59:59Z', '2026-11-21'],
    ['2026-11-22T18:00:00Z', '2026-11-22'],
  ])('at %s, %s is over for good', (now, day) => {
    expect(lastDayOver(new Date(now))).toBe(day);
  });

  it('leave no day out, whenever a process asks', () => {
    let looked: string | undefined;
    const asked = new Set<string>();
    for (let at = Date.parse('2026-11-20T00:00:00Z'); at < Date.parse('2026-11-27T00:00:00Z'); at += 13 * 3_600_000) {
      for (const day of daysToAsk(new Date(at), looked)) asked.add(day);
      looked = lastDayOver(new Date(at));
    }

    expect([...asked]).toEqual([18, 19, 20, 21, 22, 23, 24, 25, 26].map((day) => `2026-11-${day}`));
  });

  it('are forgotten for the reference that was asked about longest ago', () => {
    const looked = new LookedDays(2);
    looked.set('A', '2026-11-20');
    looked.set('B', '2026-11-20');
    looked.set('A', '2026-11-21');
    looked.set('C', '2026-11-20');

    expect(['A', 'B', 'C'].map((reference) => looked.get(reference))).toEqual(['2026-11-21', undefined, '2026-11-20']);
  });
});

describe('what the bank says of a day', () => {
  const search = { billerId: '099400016550100', reference1: 'A1', day: '2026-11-22' };
  const row = {
    payeeProxyId: '099400016550100',
    billPaymentRef1: 'A1',
    currencyCode: '764',
    amount: '123.45',
    transactionId: 'T1',
    transactionDateandTime: '2026-11-22T10:00:00.000+07:00',
    reverseFlag: '',
  };
  const { signal } = new AbortController();
  const find = (data: Json) => findPayments({ call: async () => data } as unknown as ScbClient, search, signal);

  it.each<[what: string, data: Json]>([
    ['a list of one', [row]],
    ['one without a list', row],
    ['an amount without decimals', [{ ...row, amount: '123.45' }]],
  ])('is read from %s', async (_what, data) => {
    expect(await find(data)).toEqual([
      {
        transactionId: 'T1',
        amount: { currency: 'THB', value: 12_345n },
        paidAt: new Date('2026-11-22T03:00:00Z'),
        reference1: 'A1',
        reference2: null,
        reference3: null,
        reversed: false,
        sendingBank: null,
      },
    ]);
  });

  it.each([
    ['100', 10_000n],
    ['100.5', 10_050n],
    ['0.01', 1n],
  ])('knows %s baht as %d satang', async (amount, value) => {
    expect(await find([{ ...row, amount }])).toMatchObject([{ amount: { value } }]);
  });

  it('comes oldest first, with the money that was taken back', async () => {
    const later = {
      ...row,
      transactionId: 'T2',
      transactionDateandTime: '2026-11-22T11:00:00.000+07:00',
      reverseFlag: 'R',
    };

    expect(await find([later, row])).toMatchObject([
      { transactionId: 'T1', reversed: false },
      { transactionId: 'T2', reversed: true },
    ]);
  });

  it.each<[data: Json]>([[[]], [null]])('may be nothing: %j', async (data) => {
    expect(await find(data)).toEqual([]);
  });

  it.each<[what: string, data: Json, category: string]>([
    ['another reference', [{ ...row, billPaymentRef1: 'A2' }], 'mismatch'],
    ['another biller', [{ ...row, payeeProxyId: '099400016550101' }], 'mismatch'],
    ['another currency', [{ ...row, currencyCode: '840' }], 'mismatch'],
    ['a second one of somebody else', [row, { ...row, billPaymentRef1: 'A2' }], 'mismatch'],
    ['no reference', [{ ...row, billPaymentRef1: '' }], 'unmapped'],
    ['no biller', [{ ...row, payeeProxyId: null }], 'unmapped'],
    ['no currency', [{ ...row, currencyCode: '' }], 'unmapped'],
    ['no number', [{ ...row, transactionId: '' }], 'unmapped'],
    ['no amount', [{ ...row, amount: '' }], 'unmapped'],
    ['half a satang', [{ ...row, amount: '1.005' }], 'unmapped'],
    ['an amount of nothing', [{ ...row, amount: '0.00' }], 'unmapped'],
    ['a negative amount', [{ ...row, amount: '-1.00' }], 'unmapped'],
    ['a power', [{ ...row, amount: '1e3' }], 'unmapped'],
    ['no time', [{ ...row, transactionDateandTime: '22/11/2026' }], 'unmapped'],
    ['text', 'paid', 'unmapped'],
    ['a list of text', ['paid'], 'unmapped'],
  ])('is not believed with %s', async (_what, data, category) => {
    await expect(find(data)).rejects.toMatchObject({ failure: { category } });
  });
});
