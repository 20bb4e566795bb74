import type { OrderRequest, OrderStatus } from '@itpay/kernel';
import { startScbSimulator } from '@itpay/simulator';
import { fakeClock } from '@itpay/testkit';
import { afterAll, describe, expect, it } from 'vitest';
import { promptpay } from '../channel.js';
import { parsePromptPay } from '../parse.js';
import type { ScbMerchant } from './config.js';
import { scb } from './scb.js';

const clock = fakeClock('2026-11-22T05:00:00Z');
const simulator = await startScbSimulator({ now: () => clock.now() });
afterAll(() => simulator.close());
const { control } = simulator;
const { signal } = new AbortController();

function shop(change: Partial<ScbMerchant> = {}) {
  const test = { ...simulator.credentials, baseUrl: simulator.url, ...change };
  const provider = scb({ test, now: () => clock.now() });
  const [channel] = promptpay({ provider }).channels;
  return {
    bank: provider.test!,
    open: (reference: string, value = 12_345n) => channel!.authorize!(order(reference, value), { signal }),
    query: (reference: string) => channel!.query!(reference, { signal }),
  };
}

function order(reference: string, value: bigint): OrderRequest {
  return {
    reference,
    amount: { currency: 'THB', value },
    description: null,
    expiresAt: new Date(clock.now().getTime() + 900_000),
    captureMethod: 'automatic',
    notifyUrl: 'http://127.0.0.1:9/',
  };
}

const pay = async (reference: string, change: { paidAt?: string; amount?: string; times?: number } = {}) => {
  const result = (await control.act({ action: 'pay', reference, ...change })) as { transaction_ids: string[] };
  return result.transaction_ids;
};
const inquiries = async () => ((await control.books()) as { requests: { inquiry: number } }).requests.inquiry;
const numberOf = (status: OrderStatus) => (status.status === 'captured' ? status.credit.channelTransactionId : null);

describe('a code of SCB', () => {
  it('asks for our order, with the prefix that routes confirmations', async () => {
    const outcome = await shop({ reference2: 'SHOP1' }).open('CODE0000000000A1');

    const reading = parsePromptPay((outcome as { value: { qrData: string } }).value.qrData);
    expect(reading).toMatchObject({
      ok: true,
      code: {
        billerId: simulator.credentials.billerId,
        reference1: 'CODE0000000000A1',
        reference2: 'SHOP1',
        reference3: 'SIMCODE0000000000A1',
        amount: { currency: 'THB', value: 12_345n },
      },
    });
  });

  it.each(['wrong_reference', 'wrong_amount', 'wrong_currency'] as const)(
    'is not shown with a %s in it',
    async (behaviour) => {
      await control.script({ operation: 'create', behaviour });

      await expect(shop().open(`FALSE${behaviour.length}`)).rejects.toMatchObject({
        failure: { category: 'mismatch' },
      });
    },
  );
});

describe('a question about a payment', () => {
  it('costs one request a day, once the days before are over', async () => {
    const { open, query } = shop();
    await open('DAYS000000000001');
    const before = await inquiries();

    await query('DAYS000000000001');
    await query('DAYS000000000001');

    expect((await inquiries()) - before).toBe(2);
  });

  it('finds what was paid before midnight when it is asked after midnight', async () => {
    clock.set('2026-11-22T16:55:00Z'); // 23:55 in Bangkok
    const { open, query } = shop();
    await open('MIDNIGHT00000001');
    expect(await query('MIDNIGHT00000001')).toEqual({ status: 'pending' });

    const [transactionId] = await pay('MIDNIGHT00000001', { paidAt: '2026-11-22T16:59:59Z' });
    clock.set('2026-11-22T17:00:30Z'); // the next day in Bangkok, the same in London

    expect(await query('MIDNIGHT00000001')).toEqual({
      status: 'captured',
      credit: {
        channelTransactionId: transactionId,
        amount: { currency: 'THB', value: 12_345n },
        paidAt: new Date('2026-11-22T16:59:59Z'),
      },
    });
  });

  it('finds what was paid after midnight', async () => {
    clock.set('2026-11-22T16:55:00Z');
    const { open, query } = shop();
    await open('MIDNIGHT00000002');
    clock.set('2026-11-22T17:05:00Z');

    const [transactionId] = await pay('MIDNIGHT00000002');

    expect(numberOf(await query('MIDNIGHT00000002'))).toBe(transactionId);
  });

  it('finds what was paid the day before yesterday, when its process is new', async () => {
    clock.set('2026-11-20T05:00:00Z');
    await shop().open('RESTART000000001');
    const [transactionId] = await pay('RESTART000000001');
    clock.set('2026-11-22T05:00:00Z');

    const restarted = shop();

    expect(numberOf(await restarted.query('RESTART000000001'))).toBe(transactionId);
  });

  it('finds what was paid while nobody asked', async () => {
    clock.set('2026-11-20T05:00:00Z');
    const { open, query } = shop();
    await open('ASLEEP0000000001');
    await query('ASLEEP0000000001');
    const [transactionId] = await pay('ASLEEP0000000001', { paidAt: '2026-11-20T12:00:00Z' });

    clock.set('2026-11-22T05:00:00Z');

    expect(numberOf(await query('ASLEEP0000000001'))).toBe(transactionId);
  });

  it('does not count money that the bank took back', async () => {
    const { open, query } = shop();
    await open('REVERSED00000001');
    const [taken] = await pay('REVERSED00000001');
    simulator.reverse(taken!);

    expect(await query('REVERSED00000001')).toEqual({ status: 'pending' });
    const [kept] = await pay('REVERSED00000001');
    expect(numberOf(await query('REVERSED00000001'))).toBe(kept);
  });

  it('tells the first of two payments, every time', async () => {
    const { open, query } = shop();
    await open('TWICE00000000001');
    const [second] = await pay('TWICE00000000001');
    const [first] = await pay('TWICE00000000001', { paidAt: new Date(clock.now().getTime() - 60_000).toISOString() });

    expect(numberOf(await query('TWICE00000000001'))).toBe(first);
    expect(second).not.toBe(first);
  });

  it('tells what was paid and not what was asked for', async () => {
    const { open, query } = shop();
    await open('OTHER00000000001');
    await pay('OTHER00000000001', { amount: '99' });

    expect(await query('OTHER00000000001')).toMatchObject({ credit: { amount: { value: 99n } } });
  });
});

describe('the address for confirmations', () => {
  it('is known once the first order was opened', async () => {
    const { bank, open } = shop();
    const before = bank.callbackUrl;

    await open('ADDRESS000000001');

    expect([before, bank.callbackUrl]).toEqual([null, 'http://127.0.0.1:9/']);
  });
});

describe('findPayments', () => {
  it('tells all payments of a day, reversed ones too', async () => {
    const { open, bank } = shop();
    await open('ALL0000000000001');
    const [one, other] = await pay('ALL0000000000001', { times: 2 });
    simulator.reverse(one!);

    const found = await bank.findPayments({ reference1: 'ALL0000000000001', day: '2026-11-22' });

    expect(new Map(found.map(({ transactionId, reversed }) => [transactionId, reversed]))).toEqual(
      new Map([
        [one, true],
        [other, false],
      ]),
    );
    expect(found[0]).toMatchObject({ sendingBank: '014', reference3: 'SIMALL0000000000001' });
  });

  it.each([
    ['reference1', { reference1: 'a&b', day: '2026-11-22' }],
    ['day', { reference1: 'A1', day: '22.11.2026' }],
  ])('refuses a %s that is none', async (param, search) => {
    await expect(shop().bank.findPayments(search)).rejects.toMatchObject({ code: 'PARAMETER_INVALID', param });
  });
});

describe('findSlipTransfer', () => {
  it('tells what the bank knows about the transfer of a slip', async () => {
    const { open, bank } = shop();
    await open('SLIP000000000001');
    const [transactionId] = await pay('SLIP000000000001', { paidAt: '2026-11-22T04:26:13Z' });

    const transfer = await bank.findSlipTransfer(simulator.slipOf(transactionId!));

    expect(transfer).toEqual({
      transactionReference: expect.stringMatching(/^20261122\d{12}$/),
      sendingBank: '014',
      receivingBank: '014',
      amount: { currency: 'THB', value: 12_345n },
      paidAt: new Date('2026-11-22T04:26:13Z'),
      receiver: { name: 'Simulated Shop', proxy: simulator.credentials.billerId },
      reference1: 'SLIP000000000001',
      reference2: null,
      reference3: 'SIMSLIP000000000001',
    });
  });

  it('is null for a slip that somebody made up', async () => {
    expect(
      await shop().bank.findSlipTransfer('004100060000010103014022000111222233344ABCD125102TH910417DF'),
    ).toBeNull();
  });

  it('refuses what is no slip, without asking', async () => {
    await expect(shop().bank.findSlipTransfer('hello')).rejects.toMatchObject({
      code: 'PARAMETER_INVALID',
      param: 'slip',
    });
  });

  it.each(['500_before', 'garbage', '429'] as const)('fails when the bank answers with %s', async (behaviour) => {
    await control.script({ operation: 'transaction', behaviour });

    await expect(
      shop().bank.findSlipTransfer('004100060000010103014022000111222233344ABCD125102TH910417DF'),
    ).rejects.toHaveProperty('failure');
  });
});
