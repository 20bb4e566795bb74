import { startWechatSimulator } from '@itpay/simulator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Channel, StatementPart } from '@itpay/kernel';
import { wechat } from './channel.js';

let time = new Date('2026-03-02T04:00:00Z');
const now = () => time;
const simulator = await startWechatSimulator({ seed: 'days', now });
afterAll(() => simulator.close());
const { control, credentials, url } = simulator;
const channel = wechat({ test: { baseUrl: url, ...credentials }, now }).channels[0] as Required<Channel>;
const context = { signal: AbortSignal.timeout(60_000) };

beforeAll(async () => {
  const order = {
    reference: 'ORDER1',
    amount: { currency: 'CNY', value: 12_345n },
    description: '茶',
    expiresAt: new Date('2026-03-02T05:00:00Z'),
    captureMethod: 'automatic' as const,
    notifyUrl: 'http://127.0.0.1:9/callback',
  };
  await channel.authorize(order, context);
  await control.act({ action: 'pay', reference: 'ORDER1' });
  const paid = await channel.query('ORDER1', context);
  if (paid.status !== 'captured') throw new Error(paid.status);
  await channel.refund(
    {
      reference: 'ORDER1',
      channelTransactionId: paid.credit.channelTransactionId,
      refundReference: 'REFUND1',
      amount: { currency: 'CNY', value: 2_345n },
      total: paid.credit.amount,
      reason: 'other',
    },
    context,
  );
  time = new Date('2026-03-03T04:00:00Z');
});

async function read(day: string): Promise<StatementPart[]> {
  const parts: StatementPart[] = [];
  for await (const part of await channel.fetchStatement(day, context)) parts.push(part);
  return parts;
}

describe('a day at WeChat', () => {
  it('has the payments and refunds of the trade bill, and the fees that were taken', async () => {
    const rows = (await read('2026-03-02')).flatMap((part) => (part.part === 'row' ? [part.row] : []));

    expect(rows.map(({ kind, reference, amount, fee }) => [kind, reference, amount.value, fee?.value])).toEqual([
      ['credit', 'ORDER1', 12_345n, 74n],
      ['refund', 'REFUND1', 2_345n, undefined],
      ['fee', 'ORDER1', 74n, undefined],
    ]);
    expect(rows[2]!.channelTransactionId).toBe(rows[0]!.channelTransactionId);
  });

  it('on which nothing happened is empty', async () => {
    expect((await read('2026-03-01')).map(({ part }) => part)).toEqual(['statement', 'facts']);
  });

  it('begins and is ready by the clock of China', () => {
    expect(channel.statementDays).toEqual({ utcOffset: '+08:00', readyAt: '10:00' });
  });

  it('comes later when WeChat is away, or sends another file than it announced', async () => {
    for (const rule of [
      { operation: 'tradebill', behaviour: '500_before' },
      { operation: 'billdownload', behaviour: 'garbage' },
    ] as const) {
      await control.script(rule);
      const error = await read('2026-03-02').catch((thrown: unknown) => thrown);
      expect(channel.mapError(error)).toBeDefined();
    }
  });
});
