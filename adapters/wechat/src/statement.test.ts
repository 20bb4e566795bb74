import { isItPayError } from '@itpay/core';
import type { StatementRow } from '@itpay/kernel';
import { describe, expect, it } from 'vitest';
import { parseFundFlowBill, parseTradeBill } from './statement.js';

const TRADE_HEADER =
  '交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,' +
  '代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,' +
  '申请退款金额,费率备注';
const TRADE_SUMMARY = '总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额';

const PAYMENT = {
  交易时间: '2026-03-02 10:15:29',
  公众账号ID: 'wx8888888888888888',
  商户号: '1900000109',
  特约商户号: '0',
  微信订单号: '4200002345202603021234567890',
  商户订单号: 'AB12CD34EF56GH78',
  交易类型: 'NATIVE',
  交易状态: 'SUCCESS',
  货币种类: 'CNY',
  应结订单金额: '120.00',
  代金券金额: '3.45',
  微信退款单号: '0',
  商户退款单号: '0',
  退款金额: '0.00',
  充值券退款金额: '0.00',
  商品名称: '茶, 咖啡',
  手续费: '0.72000',
  费率: '0.60%',
  订单金额: '123.45',
  申请退款金额: '0.00',
};
const REFUND = {
  ...PAYMENT,
  交易时间: '2026-03-02 23:59:59',
  交易状态: 'REFUND',
  应结订单金额: '0.00',
  代金券金额: '0.00',
  微信退款单号: '50000000382026030212345678901',
  商户退款单号: 'RF12CD34EF56GH78',
  退款金额: '22.80',
  退款类型: 'ORIGINAL',
  退款状态: 'SUCCESS',
  手续费: '-0.13680',
  订单金额: '0.00',
  申请退款金额: '23.45',
};
const SUMS = ['2', '120.00', '22.80', '0.00', '0.58320', '123.45', '23.45'];

const FLOW_HEADER =
  '记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),资金变更提交申请人,备注,业务凭证号';
const FLOW_SUMMARY = '资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额';
const FLOWS = [
  ['2026-03-02 10:15:30', '42001', 'F1', '交易', '交易', '收入', '123.45', '123.45', 'system', '', 'AB12CD34EF56GH78'],
  [
    '2026-03-02 10:15:30',
    '42001',
    'F1',
    '扣除交易手续费',
    '交易',
    '支出',
    '0.74',
    '122.71',
    'system',
    '',
    'AB12CD34EF56GH78',
  ],
  ['2026-03-02 11:00:00', '50001', 'F2', '退款', '退款', '支出', '23.45', '99.26', '1900000109API', '缺货', 'RF12'],
  ['2026-03-02 11:00:00', '50001', 'F2', '返还交易手续费', '交易', '收入', '0.14', '99.40', 'system', '', 'RF12'],
  ['2026-03-02 12:00:00', '50002', 'F3', '退款退回', '退款', '收入', '1.00', '100.40', 'system', '', 'RF13'],
  ['2026-03-02 13:00:00', '60001', 'F4', '提现', '提现', '支出', '100.00', '0.40', '1900000109', '', ''],
];
const FLOW_SUMS = ['6.0', '3.0', '124.59', '3.0', '124.19'];

describe('a trade bill', () => {
  it('tells payments and refunds with our numbers, in fen and in our time', async () => {
    expect(await trade(tradeBill())).toEqual([
      {
        kind: 'credit',
        dedupeKey: 'trade|4200002345202603021234567890',
        channelTransactionId: '4200002345202603021234567890',
        reference: 'AB12CD34EF56GH78',
        text: '茶, 咖啡',
        amount: { currency: 'CNY', value: 12_345n },
        fee: { currency: 'CNY', value: 72n },
        bookedAt: new Date('2026-03-02T02:15:29Z'),
        status: 'booked',
        position: 'line 2',
      },
      // Its fee has parts of a fen, so that it is left to the fund flow bill.
      {
        kind: 'refund',
        dedupeKey: 'trade|50000000382026030212345678901',
        channelTransactionId: '50000000382026030212345678901',
        reference: 'RF12CD34EF56GH78',
        text: '茶, 咖啡',
        amount: { currency: 'CNY', value: 2_345n },
        bookedAt: new Date('2026-03-02T15:59:59Z'),
        status: 'booked',
        position: 'line 3',
      },
    ]);
  });

  it.each([1, 2, 3, 7, 64])('is read in pieces of %i bytes', async (size) => {
    expect(await trade(tradeBill(), size)).toEqual(await trade(tradeBill()));
  });

  it('is read with and without a byte order mark, and with either end of a line', async () => {
    const text = tradeBill().toString('utf8');
    const rows = await trade(tradeBill());

    expect(text.startsWith('\uFEFF') && text.includes('\r\n')).toBe(true);
    expect(await trade(Buffer.from(text.slice(1)))).toEqual(rows);
    expect(await trade(Buffer.from(text.replaceAll('\r\n', '\n')))).toEqual(rows);
    expect(await trade(Buffer.from(text.trimEnd()))).toEqual(rows);
  });

  it('may be empty', async () => {
    expect(await trade(tradeBill([], ['0', '0.00', '0.00', '0.00', '0.00000', '0.00', '0.00']))).toEqual([]);
  });

  it('may be one of payments only, with fewer columns', async () => {
    const header = TRADE_HEADER.split(',').filter((name) => !name.includes('退款'));
    const summary = '总交易单数,应结订单总金额,手续费总金额,订单总金额';
    const row = header.map((name) => (PAYMENT as Record<string, string>)[name] ?? '');

    const rows = await trade(billOf(header.join(','), [row], summary, ['1', '120.00', '0.72000', '123.45']));

    expect(rows).toMatchObject([{ kind: 'credit', amount: { value: 12_345n } }]);
  });

  it.each([
    ['SUCCESS', 'booked'],
    ['PROCESSING', 'pending'],
    ['FAIL', 'info'],
    ['CHANGE', 'info'],
  ])('tells a refund in the state %s as %s', async (state, status) => {
    const rows = await trade(tradeBill([PAYMENT, { ...REFUND, 退款状态: state }]));

    expect(rows[1]).toMatchObject({ kind: 'refund', status });
  });

  it('tells what was taken back as a reversal', async () => {
    expect((await trade(tradeBill([PAYMENT, { ...REFUND, 交易状态: 'REVOKED' }])))[1]).toMatchObject({
      kind: 'reversal',
    });
  });

  it.each<[why: string, file: () => Buffer, message: string]>([
    [
      'it was cut off before its summary',
      () => Buffer.from(tradeBill().toString('utf8').split('总交易单数')[0]!),
      'cut off',
    ],
    ['it was cut off within its summary', () => tradeBill().subarray(0, -9), 'values for 7 columns'],
    ['it was cut off within the last sum', () => tradeBill().subarray(0, -3), '申请退款总金额 of the summary'],
    ['it ends after its header', () => Buffer.from(TRADE_HEADER), 'cut off'],
    ['it is empty', () => Buffer.alloc(0), 'cut off'],
    ['a row is missing', () => tradeBill([PAYMENT]), '总交易单数 of the summary'],
    ['a row is there twice', () => tradeBill([PAYMENT, REFUND, REFUND]), '总交易单数 of the summary'],
    [
      'an amount was changed',
      () => tradeBill([{ ...PAYMENT, 订单金额: '123.46' }, REFUND]),
      '订单总金额 of the summary',
    ],
    ['a fee was changed', () => tradeBill([{ ...PAYMENT, 手续费: '0.72001' }, REFUND]), '手续费总金额 of the summary'],
    ['an amount has parts of a fen', () => tradeBill([{ ...PAYMENT, 订单金额: '123.455' }, REFUND]), '(line 2)'],
    ['an amount is negative', () => tradeBill([{ ...PAYMENT, 订单金额: '-1.00' }, REFUND]), 'not an amount above 0'],
    ['an amount is in powers', () => tradeBill([{ ...PAYMENT, 订单金额: '1e2' }, REFUND]), 'not a number'],
    ['a time is none', () => tradeBill([{ ...PAYMENT, 交易时间: '2026/3/2 10:15' }, REFUND]), '交易时间 is not a time'],
    ['a number is missing', () => tradeBill([PAYMENT, { ...REFUND, 商户退款单号: '' }]), '商户退款单号 is missing'],
    ['a state is new', () => tradeBill([{ ...PAYMENT, 交易状态: 'NEW' }, REFUND]), 'state NEW'],
    ['it is of another currency', () => tradeBill([{ ...PAYMENT, 货币种类: 'HKD' }, REFUND]), 'HKD'],
    ['it is of another merchant', () => tradeBill([{ ...PAYMENT, 商户号: '1900000110' }, REFUND]), 'another merchant'],
    ['a value has moved', () => tradeBill([{ ...PAYMENT, 商品名称: 'a,`b' }, REFUND]), '28 values for 27 columns'],
    ['it goes on behind its summary', () => Buffer.concat([tradeBill(), Buffer.from('`1\r\n')]), 'behind the summary'],
    ['it does not begin with a header', () => Buffer.from('`1,`2\r\n'), 'does not begin with a header'],
    ['it is no UTF-8', () => Buffer.from([0x60, 0xc3, 0x28, 0x0a]), 'not UTF-8'],
    ['it is a fund flow bill', () => flowBill(), 'is missing'],
  ])('is refused when %s', async (_, file, message) => {
    const error = await trade(file()).catch((thrown: unknown) => thrown);

    if (!isItPayError(error)) throw new Error('It was read.');
    expect(error).toMatchObject({ code: 'PARAMETER_INVALID', param: 'file' });
    expect(error.message).toContain(message);
  });
});

describe('a fund flow bill', () => {
  it('tells everything that changed the balance, and what it was', async () => {
    const rows = await flow(flowBill());

    expect(rows.map(({ kind, reference, amount }) => [kind, reference, amount.value])).toEqual([
      ['credit', 'AB12CD34EF56GH78', 12_345n],
      ['fee', 'AB12CD34EF56GH78', 74n],
      ['refund', 'RF12', 2_345n],
      ['reversal', 'RF12', 14n],
      ['return', 'RF13', 100n],
      ['debit', null, 10_000n],
    ]);
    expect(rows[2]).toMatchObject({
      channelTransactionId: '50001',
      text: '退款 缺货',
      bookedAt: new Date('2026-03-02T03:00:00Z'),
      status: 'booked',
      position: 'line 4',
    });
  });

  it('gives every line a key of its own, and the same one whenever it is read', async () => {
    const keys = (await flow(flowBill())).map(({ dedupeKey }) => dedupeKey);

    expect(new Set(keys).size).toBe(FLOWS.length);
    expect((await flow(flowBill())).map(({ dedupeKey }) => dedupeKey)).toEqual(keys);
  });

  it('is read with full-width brackets as well', async () => {
    const text = flowBill().toString('utf8').replaceAll('(元)', '（元）');

    expect(await flow(Buffer.from(text))).toEqual(await flow(flowBill()));
  });

  it.each<[why: string, rows: string[][], sums: string[], message: string]>([
    ['a row is missing', FLOWS.slice(1), FLOW_SUMS, '资金流水总笔数'],
    ['money came in that is not in the sum', changed(0, 6, '123.46'), FLOW_SUMS, '收入金额'],
    ['money went out that is not in the sum', changed(1, 6, '0.75'), FLOW_SUMS, '支出金额'],
    ['income was made an expense', changed(0, 5, '支出'), FLOW_SUMS, '收入笔数'],
    ['a direction is none', changed(0, 5, '转账'), FLOW_SUMS, '收支类型'],
  ])('is refused when %s', async (_, rows, sums, message) => {
    await expect(flow(billOf(FLOW_HEADER, rows, FLOW_SUMMARY, sums))).rejects.toMatchObject({
      code: 'PARAMETER_INVALID',
      message: expect.stringContaining(message),
    });
  });
});

function changed(row: number, column: number, value: string): string[][] {
  return FLOWS.map((flow_, index) => (index === row ? flow_.with(column, value) : flow_));
}

function tradeBill(rows: readonly Record<string, string>[] = [PAYMENT, REFUND], sums = SUMS): Buffer {
  const values = rows.map((row) => TRADE_HEADER.split(',').map((name) => row[name] ?? ''));
  return billOf(TRADE_HEADER, values, TRADE_SUMMARY, sums);
}

function flowBill(): Buffer {
  return billOf(FLOW_HEADER, FLOWS, FLOW_SUMMARY, FLOW_SUMS);
}

/** As WeChat writes it: with a byte order mark, CRLF, and a back-tick before each value. */
function billOf(header: string, rows: string[][], summary: string, sums: string[]): Buffer {
  const lines = [header, ...rows.map(quoted), summary, quoted(sums)];
  return Buffer.from(`\uFEFF${lines.map((line) => `${line}\r\n`).join('')}`);
}

function quoted(values: string[]): string {
  return values.map((value) => `\`${value}`).join(',');
}

async function* pieces(file: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < file.length; at += size) yield file.subarray(at, at + size);
}

function trade(file: Buffer, size = file.length || 1): Promise<StatementRow[]> {
  return all(parseTradeBill(pieces(file, size), { mchid: '1900000109' }));
}

function flow(file: Buffer): Promise<StatementRow[]> {
  return all(parseFundFlowBill(pieces(file, file.length)));
}

async function all(rows: AsyncIterable<StatementRow>): Promise<StatementRow[]> {
  const read: StatementRow[] = [];
  for await (const row of rows) read.push(row);
  return read;
}
