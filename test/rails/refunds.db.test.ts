import type { Channel } from '@itpay/kernel';
import { beforeAll, describe, expect, it, vi, type Mock } from 'vitest';
import { operatorKey } from '../scenarios/operator.js';
import { AMOUNT, houseWith, STARTS_WITHIN_MS, type House, type RailOfHouse } from './house.js';
import { RAILS, type RailName } from './rails.js';

// What goes back over real adapters: never more than came, never late, and under one number however often it is tried.

const HOUSES: readonly (readonly RailName[])[] = [
  ['wechat with a public key', 'alipay with keys', 'qris by the standard', 'promptpay at SCB', 'bank transfer'],
  ['qris over Midtrans', 'promptpay alone'],
];
/** WeChat takes one refund of an order in a minute. */
const A_WHILE = '2m';

describe.each(HOUSES.map((names) => [names.join(', '), names] as const))('money that goes back over %s', (_, names) => {
  let house: House;
  /** What was sent to the rails, by the numbers of the refunds. */
  let sent: Map<RailName, string[]>;
  beforeAll(async () => {
    house = await houseWith(names);
    sent = new Map(names.map((name) => [name, numbersSentTo(house.rail(name).channel)]));
  }, STARTS_WITHIN_MS);

  const that = (refunds: 'parts' | 'whole' | 'manual') => names.filter((name) => RAILS[name].facts.refunds === refunds);
  const byApi = [...that('parts'), ...that('whole')];
  const totalIn = async (rail: RailOfHouse, reference: string) =>
    (await rail.booked(reference)).givenBack.reduce((sum, { value }) => sum + value, 0);
  const statusOf = async (id: string) => {
    const { refund_status: status, amount_refunded: amount } = await house.intent(id);
    return [status, amount?.value ?? 0];
  };

  it.for(that('parts'))('adds up in parts, to what was paid and not to more: %s', async (name) => {
    const rail = house.rail(name);
    const { id, reference } = await rail.paid();
    const before = sent.get(name)!.length;

    const statuses: number[] = [];
    const ask = async (value?: number) => {
      statuses.push((await rail.refund(id, value)).status);
      await house.later(A_WHILE);
    };
    await ask(10_000);
    await ask(5_000);
    const partly = await statusOf(id);
    const tooMuch = await rail.refund(id, 10_100);
    await ask();
    const more = await rail.refund(id, 100, { confirm_duplicate: true });

    expect(statuses).toEqual([201, 201, 201]);
    expect(partly).toEqual(['partial', 15_000]);
    expect([tooMuch.status, tooMuch.body.error]).toMatchObject([
      422,
      { code: 'REFUND_AMOUNT_EXCEEDED', details: { maximum: 10_000 } },
    ]);
    expect([more.status, more.body.error.code]).toEqual([409, 'ALREADY_REFUNDED']);
    expect(await statusOf(id)).toEqual(['full', AMOUNT]);
    const booked = (await rail.booked(reference)).givenBack;
    expect(booked.map(({ value }) => value)).toEqual([10_000, 5_000, 10_000]);
    // One call for each, and none for what was refused.
    expect(sent.get(name)!.slice(before)).toEqual(booked.map((one) => one.reference));
    expect(new Set(booked.map((one) => one.reference)).size).toBe(3);
  });

  it.for(that('whole'))('goes as a whole and once, where the rail has it so: %s', async (name) => {
    const rail = house.rail(name);
    const { id, reference } = await rail.paid();
    const before = sent.get(name)!.length;

    const part = await rail.refund(id, 10_000);
    const whole = await rail.refund(id);
    const more = await rail.refund(id, 100, { confirm_duplicate: true });

    expect([part.status, part.body.error]).toMatchObject([
      422,
      { code: 'CHANNEL_CAPABILITY_UNSUPPORTED', details: { capability: 'partial_refund' } },
    ]);
    expect([whole.status, whole.body.status]).toEqual([201, 'succeeded']);
    expect([more.status, more.body.error.code]).toEqual([409, 'ALREADY_REFUNDED']);
    expect(await totalIn(rail, reference)).toBe(AMOUNT);
    expect(sent.get(name)!.length - before).toBe(1);
  });

  it.for(byApi.flatMap((name) => (['429', '500_before', '500_after'] as const).map((lost) => ({ name, lost }))))(
    'keeps its number however often it is tried: $name after $lost',
    async ({ name, lost }) => {
      const rail = house.rail(name);
      await house.later('1m');
      const { id, reference } = await rail.paid();
      const before = sent.get(name)!.length;
      await rail.control.script({ operation: 'refund', behaviour: lost });
      const key = `${name}-${lost}`.replaceAll(' ', '-');

      const first = await rail.refund(id, undefined, { key });
      let last = first;
      for (const pause of ['6s', '31s', '5m', '5m']) {
        await house.later(pause);
        last = await rail.refund(id, undefined, { key });
      }

      expect(first.status).toBeGreaterThan(201);
      expect([last.status, last.body.status]).toEqual([201, 'succeeded']);
      const numbers = sent.get(name)!.slice(before);
      expect(numbers.length).toBe(lost === '500_after' ? 1 : 2);
      expect(new Set(numbers)).toEqual(new Set([last.body.channel_refund_reference]));
      expect((await rail.booked(reference)).givenBack).toEqual([
        { reference: last.body.channel_refund_reference, value: AMOUNT },
      ]);
    },
  );

  it.for(that('manual'))('is an operator’s where the rail has no way: %s', async (name) => {
    const rail = house.rail(name);
    const { id } = await rail.paid();
    const key = await operatorKey(house);

    const { status, body: refund } = await rail.refund(id, 10_000);
    await house.later('1h');
    const waiting = await statusOf(id);
    const done = await house.request('POST', `/v1/refunds/${refund.id}/complete`, {
      key,
      body: { reason: 'transferred', evidence: 'line 7 of the statement' },
    });

    expect([status, refund]).toMatchObject([201, { manual: true, status: 'processing', operation: null }]);
    expect(waiting).toEqual(['none', 0]);
    expect([done.status, done.body.status]).toEqual([200, 'succeeded']);
    expect(await statusOf(id)).toEqual(['partial', 10_000]);
    expect(await house.operations(id)).not.toContainEqual(expect.objectContaining({ kind: 'refund' }));
    expect(sent.get(name)).toEqual([]);
  });

  // The last one: it takes a year.
  it('is refused after the time that the rail gives for it, and nothing is sent', async () => {
    const limited = names.map((name) => house.rail(name)).filter(({ channel }) => channel.refundWindowMs !== undefined);
    const orders = [];
    for (const rail of limited) orders.push({ rail, first: await rail.paid(), second: await rail.paid() });
    const [windowMs, ...others] = new Set(limited.map(({ channel }) => channel.refundWindowMs!));

    house.clock.advance(windowMs! - 60_000);
    const inTime = [];
    for (const { rail, first } of orders) inTime.push((await rail.refund(first.id)).status);
    house.clock.advance(60_000);
    const before = [...sent.values()].flat().length;
    const late = [];
    for (const { rail, second } of orders) late.push(await rail.refund(second.id));

    expect(others).toEqual([]);
    expect(inTime).toEqual(limited.map(() => 201));
    for (const { status, body } of late) {
      expect([status, body.error]).toMatchObject([
        422,
        { code: 'REFUND_WINDOW_EXPIRED', details: { refundable_until: house.clock.now().toISOString() } },
      ]);
    }
    expect([...sent.values()].flat()).toHaveLength(before);
    for (const { rail, second } of orders) expect((await rail.booked(second.reference)).givenBack).toEqual([]);
  });
});

/** Keeps the numbers of the refunds with which the adapter is called, from now on. */
function numbersSentTo(channel: Channel): string[] {
  if (channel.refund === undefined) return [];
  const numbers: string[] = [];
  const refund = channel.refund.bind(channel);
  const spy: Mock<NonNullable<Channel['refund']>> = vi.spyOn(channel as Required<Channel>, 'refund');
  spy.mockImplementation((request, context) => {
    numbers.push(request.refundReference);
    return refund(request, context);
  });
  return numbers;
}
