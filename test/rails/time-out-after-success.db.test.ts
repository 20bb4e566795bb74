import type { Behaviour } from '@itpay/simulator';
import { beforeAll, describe, expect, it } from 'vitest';
import { AMOUNT, houseWith, STARTS_WITHIN_MS, type House, type RailOfHouse } from './house.js';
import { RAILS, type Booked, type RailFacts, type RailName } from './rails.js';

// Protocol, 6.2, at real adapters: the rail has done what it was asked, and nobody hears of it. It is found out by
// questions, and whatever is repeated, the rail has it once.

interface Subject {
  readonly id: string;
  readonly reference: string;
}

interface Call {
  /** The simulator's name of the call, by ours. */
  readonly by: keyof RailFacts['calls'];
  readonly prepare: (rail: RailOfHouse) => Promise<Subject>;
  readonly send: (rail: RailOfHouse, subject: Subject, key: string) => ReturnType<RailOfHouse['create']>;
  /** What becomes of the payment. */
  readonly state: string;
  /** What the rail has under the number of the order. */
  readonly booked: Booked;
  /** By how much the books of the rail have grown. */
  readonly grown: readonly [open: number, taken: number, givenBack: number];
}

const nothing = async (): Promise<Subject> => ({ id: '', reference: '' });
const OPEN = { orders: 1, open: 1, taken: [], givenBack: [] };
const CLOSED = { ...OPEN, open: 0 };
const TAKEN = { ...CLOSED, taken: [AMOUNT] };

/** Each call that can change something at a rail, and what there has to be afterwards, here and there. */
const CALLS: Readonly<Record<string, Call>> = {
  'the opening of an order': {
    by: 'authorize',
    prepare: nothing,
    send: (rail, _, key) => rail.create({ order_reference: key }, key),
    state: 'qr_generated',
    booked: OPEN,
    grown: [1, 0, 0],
  },
  'the opening of a hold': {
    by: 'hold',
    prepare: nothing,
    send: (rail, _, key) => rail.create({ order_reference: key, capture_method: 'manual' }, key),
    state: 'qr_generated',
    booked: OPEN,
    grown: [1, 0, 0],
  },
  'a capture': {
    by: 'capture',
    prepare: (rail) => rail.held(),
    send: (rail, { id }, key) => rail.capture(id, key),
    state: 'succeeded',
    booked: TAKEN,
    grown: [-1, 1, 0],
  },
  'the closing of an order': {
    by: 'cancel',
    prepare: async (rail) => {
      const order = await rail.opened();
      if (rail.facts.closesOnceScanned) await rail.control.act({ action: 'scan', reference: order.reference });
      return order;
    },
    send: (rail, { id }, key) => rail.cancel(id, key),
    state: 'cancelled',
    booked: CLOSED,
    grown: [-1, 0, 0],
  },
  'the release of a hold': {
    by: 'release',
    prepare: (rail) => rail.held(),
    send: (rail, { id }, key) => rail.cancel(id, key),
    state: 'cancelled',
    booked: CLOSED,
    grown: [-1, 0, 0],
  },
  'a refund': {
    by: 'refund',
    prepare: (rail) => rail.paid(),
    send: (rail, { id }, key) => rail.refund(id, undefined, { key }),
    state: 'succeeded',
    booked: { ...TAKEN, givenBack: [{ reference: expect.any(String), value: AMOUNT }] },
    grown: [0, 0, 1],
  },
};

const LOST = ['timeout_after', 'reset_after'] as const satisfies readonly Behaviour[];
const HOUSES: readonly (readonly RailName[])[] = [
  ['wechat with a public key', 'alipay with keys', 'promptpay at SCB', 'qris over DOKU'],
  ['wechat with certificates', 'alipay with certificates', 'qris over DANA'],
];

describe.each(HOUSES.map((names) => ({ names })))('when nobody hears the answer of $names', ({ names }) => {
  let house: House;
  beforeAll(async () => {
    house = await houseWith(names);
  }, STARTS_WITHIN_MS);

  const rows = names.flatMap((name) =>
    Object.entries(CALLS)
      .filter(([, { by }]) => (RAILS[name].facts as RailFacts).calls[by] !== undefined)
      .flatMap(([what]) => LOST.map((lost) => [name, what, lost] as const)),
  );
  it.each(rows)('%s has %s once after %s', async (name, what, lost) => {
    const { by, prepare, send, state, booked, grown } = CALLS[what]!;
    const rail = house.rail(name);
    await rail.control.clearScript();
    const subject = await prepare(rail);
    const before = await rail.booked();
    await rail.control.script({ operation: rail.facts.calls[by]!, behaviour: lost });
    const key = `key-${(keys += 1)}`;
    const repeat = () => send(rail, subject, key);

    const sending = repeat();
    if (lost === 'timeout_after') {
      await expect.poll(async () => growth(before, await rail.booked()), PATIENTLY).toEqual(grown);
      house.hangUp();
    }
    const unknown = await sending;
    await house.later('6s');
    const intent = await house.intent(subject.id || unknown.body.id);
    const [tables, books, after] = [await house.tables(), await rail.books(), await rail.booked()];
    const again = [await repeat(), await repeat()];

    expect([unknown.status, unknown.body.operation]).toMatchObject([202, { outcome: 'unknown' }]);
    expect(intent).toMatchObject({ status: state });
    expect(await rail.booked(intent.channel_reference)).toEqual(booked);
    expect(growth(before, after)).toEqual(grown);
    for (const { status, headers } of again) {
      expect([200, 201]).toContain(status);
      expect(headers.get('idempotent-replayed')).toBe('true');
    }
    expect(await house.tables()).toEqual(tables);
    expect(await rail.books()).toEqual(books);
  });
});

let keys = 0;
const PATIENTLY = { timeout: 15_000, interval: 20 };

const growth = (before: Booked, after: Booked) => [
  after.open - before.open,
  after.taken.length - before.taken.length,
  after.givenBack.length - before.givenBack.length,
];
