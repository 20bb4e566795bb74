import { MERCHANT } from './rail.js';
import { Life } from './scheduler.js';
import type { ApiAnswer, World } from './world.js';

const PRICE = 10_000;
const thb = (value: number) => ({ currency: 'THB', value });

/** A client that wants something bought, its payer, and whoever else has to do with it. */
export function purchase(world: World, n: number): void {
  const { dice } = world;
  const name = `order-${n}`;
  const client = new Life(`client-${n}`);
  const manual = dice.chance(0.25);
  world.act(client, 'buys', () => buy(world, name, manual));
  const payers = dice.weighted([
    [1, 0],
    [8, 1],
    [1, 2],
  ]);
  for (let m = 0; m < payers; m += 1) {
    world.act(new Life(`payer-${n}${'ab'[m]}`), 'pays', () => pay(world, name));
  }
}

async function buy(world: World, name: string, manual: boolean): Promise<void> {
  const { dice, scheduler } = world;
  await scheduler.sleep(dice.between(0, 60_000));
  const body = {
    amount: thb(PRICE),
    channel: 'fake',
    order_reference: name,
    description: name,
    ...(manual && { capture_method: 'manual' }),
    ...(dice.chance(0.4) && { expires_in: dice.one([60, 120, 300]) }),
  };
  const create = (key: string) => insist(world, 'POST', '/v1/payment-intents', body, key);
  const key = `${name}-create`;
  // At times the same request comes twice at once, or again under another key.
  const answers = await Promise.all(
    dice.chance(0.3) ? [create(key), create(dice.chance(0.5) ? key : `${name}-again`)] : [create(key)],
  );
  const id = answers.map((answer) => idIn(answer)).find((found) => found !== null);
  if (id === undefined) return;

  const acts = dice.one([0, 1, 1, 2, 2, 3]);
  for (let n = 0; n < acts; n += 1) {
    await scheduler.sleep(dice.between(100, dice.one([3_000, 30_000, 200_000])));
    await act(world, id!, `${name}-${n}`, manual);
  }
}

async function act(world: World, id: string, key: string, manual: boolean): Promise<void> {
  const { dice } = world;
  const post = (path: string, body: object, suffix = '') => insist(world, 'POST', path, body, key + suffix);
  const refund = (suffix: string) =>
    post(
      '/v1/refunds',
      {
        payment_intent_id: id,
        ...(dice.chance(0.6) && { amount: thb(dice.one([1, 3_000, 7_000, PRICE])), confirm_duplicate: true }),
      },
      suffix,
    );
  const doing = dice.weighted([
    [2, 'look'],
    [2, 'cancel'],
    [4, 'refund'],
    [2, 'two refunds'],
    [1, 'a fresh code'],
    [manual ? 8 : 0.3, 'capture'],
    [manual ? 2 : 0, 'capture and cancel'],
  ]);
  switch (doing) {
    case 'look':
      return void (await world.request('GET', `/v1/payment-intents/${id}`));
    case 'cancel':
      return void (await post(`/v1/payment-intents/${id}/cancel`, {}));
    case 'refund':
      return void (await refund(''));
    case 'two refunds':
      return void (await Promise.all([refund('-a'), refund('-b')]));
    case 'a fresh code':
      return void (await post(`/v1/payment-intents/${id}/qr`, {}));
    case 'capture':
      return void (await post(`/v1/payment-intents/${id}/capture`, dice.chance(0.4) ? { amount: thb(6_000) } : {}));
    case 'capture and cancel':
      await Promise.all([
        post(`/v1/payment-intents/${id}/capture`, {}, '-capture'),
        post(`/v1/payment-intents/${id}/cancel`, {}, '-cancel'),
      ]);
  }
}

/** Repeats a request under its key until it has an answer that will not change. */
async function insist(
  world: World,
  method: string,
  path: string,
  body: object,
  key: string,
): Promise<ApiAnswer | null> {
  let last: ApiAnswer | null = null;
  for (let attempt = 0; attempt < 5; attempt += 1) {
    if (attempt > 0) await world.scheduler.sleep(world.dice.between(200, 25_000));
    last = await world.request(method, path, { body, key });
    if (last !== null && !isPassing(last)) break;
  }
  // At times it asks once more, out of distrust.
  if (world.dice.chance(0.15)) last = (await world.request(method, path, { body, key })) ?? last;
  return last;
}

const PASSING = new Set(['IDEMPOTENCY_IN_PROGRESS', 'OUTCOME_UNKNOWN']);

/** Another answer may follow under the same key. */
export function isPassing({ status, body }: Pick<ApiAnswer, 'status' | 'body'>): boolean {
  return status === 202 || status === 429 || status >= 500 || PASSING.has(body?.error?.code);
}

function idIn(answer: ApiAnswer | null): string | null {
  return answer?.body?.id ?? answer?.body?.error?.details?.object?.id ?? null;
}

/** Somebody with a wallet, who pays whatever order of the purchase is there. */
async function pay(world: World, name: string): Promise<void> {
  const { dice, scheduler, rail } = world;
  await scheduler.sleep(dice.between(1_000, dice.one([40_000, 150_000, 400_000])));
  for (let attempt = 0; attempt < 4; attempt += 1) {
    const [reference] = rail
      .ordersOf(name)
      .map((entry) => entry.reference)
      .toReversed();
    if (reference === undefined) {
      await scheduler.sleep(dice.between(5_000, 60_000));
      continue;
    }
    const doing = dice.weighted([
      [2, 'scan'],
      [12, 'pay'],
      [1, 'pay too little'],
      [1, 'pay too much'],
      [0.5, 'pay in another currency'],
      [1, 'pay twice'],
      [0.7, 'decline'],
    ]);
    await scheduler.call(`${doing} ${reference}`, () => {
      const says = rail.act((bank) => {
        switch (doing) {
          case 'scan':
            return bank.scan(reference);
          case 'decline':
            return bank.end(reference);
          case 'pay too little':
            return void bank.pay(reference, { amount: 4_000n });
          case 'pay too much':
            return void bank.pay(reference, { amount: 13_000n });
          case 'pay in another currency':
            return void bank.pay(reference, { currency: 'CNY' });
          case 'pay twice':
            return void bank.pay(reference, { times: 2 });
          case 'pay':
            return void bank.pay(reference);
        }
      });
      return { kind: 'answer', value: undefined, says };
    });
    if (doing !== 'scan') return;
    await scheduler.sleep(dice.between(500, 20_000));
  }
}

/** Ends refunds on which the rail has said that it works. */
export function settleRefunds(world: World, mayFail: boolean): void {
  for (const { refunds } of world.rail.entries) {
    for (const { refundReference, status } of refunds) {
      if (status !== 'processing') continue;
      const end = mayFail && world.dice.chance(0.2) ? 'failed' : 'succeeded';
      world.rail.act((bank) => bank.settleRefund(refundReference, end));
    }
  }
}

/** Somebody who wants an order to look paid, and is not the rail. */
export async function forge(world: World): Promise<void> {
  const { dice, scheduler, rail } = world;
  await scheduler.sleep(dice.between(10_000, 200_000));
  const orders = rail.entries.filter(({ order }) => order !== null);
  if (orders.length === 0) return;
  const { reference, order } = dice.one(orders);
  const event = {
    event_id: `FORGED${dice.below(1_000_000)}`,
    merchant: MERCHANT,
    reference,
    kind: 'payment',
    transaction_id: `FORGED${dice.below(1_000_000)}`,
    amount: String(order!.amount.value),
    currency: order!.amount.currency,
    paid_at: world.trueTime().toISOString(),
  };
  const how = dice.one(['another secret', 'an old signature', 'an altered amount', 'another merchant'] as const);
  const genuine = rail.callback(event);
  const forged = {
    'another secret': () => rail.callback(event, { secret: 'guessed' }),
    'an old signature': () => rail.callback(event, { at: new Date(world.trueTime().getTime() - 3_600_000) }),
    'an altered amount': () => ({ ...genuine, body: genuine.body.replace('"amount":"', '"amount":"9') }),
    'another merchant': () => rail.callback({ ...event, merchant: 'shop-other' }),
  }[how]();
  const path = order!.notifyUrl.slice(order!.notifyUrl.indexOf('/v1/'));
  const answer = await world.request('POST', path, forged);
  if (answer?.status === 200) world.violated('G12', `a notice with ${how} was accepted`);
}
