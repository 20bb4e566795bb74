import { beforeAll, describe, expect, it } from 'vitest';
import { intentOf, MALI, openShop, SOMCHAI, STAFF, visitor } from './shop.js';

let shop: Awaited<ReturnType<typeof openShop>>;
let mali: ReturnType<typeof visitor>;
let staff: ReturnType<typeof visitor>;
beforeAll(async () => {
  shop = await openShop();
  [mali, staff] = [visitor(shop.url), visitor(shop.url)];
  await Promise.all([mali.signIn(MALI), staff.signIn(STAFF)]);
});

const orderOf = async (intent: string) => (await shop.pay.payments.getIntent(intent)).orderReference!;
const intentsOf = async (order: string) => (await shop.pay.payments.listIntents({ orderReference: order })).intents;
const row = (order: string) => shop.db('shop.orders').where({ id: order }).first();
/** The form of a page that has this button, with what its hidden fields hold. */
async function formOf(order: string, button: string) {
  const { text } = await staff.get(`/orders/${order}`);
  const forms = [...text.matchAll(/<form[^]*?<\/form>/g)].map(([form]) => form);
  const form = forms.find((one) => one.includes(button))!;
  const fields = [...form.matchAll(/type="hidden"\s+name="(\w+)"\s+value="([^"]*)"/g)];
  const action = new RegExp(`formaction="([^"]+)"[^>]*>\\s*${button}`).exec(form) ?? /action="([^"]+)"/.exec(form);
  return { action: action![1]!, fields: Object.fromEntries(fields.map(([, name, value]) => [name, value])) };
}
async function press(order: string, button: string, more: Record<string, string> = {}) {
  const { action, fields } = await formOf(order, button);
  const answer = await staff.post(action, { ...fields, ...more });
  await shop.pay.settle();
  return answer;
}

describe('An order', () => {
  it('is marked as paid by the event, and keeps what was paid', async () => {
    const intent = await mali.order();

    await shop.payer(intent, 'paid');

    const order = await orderOf(intent);
    expect(await row(order)).toMatchObject({ status: 'paid', total_satang: 29_000, paid_at: expect.any(Date) });
    expect(await shop.db('shop.order_payments').where({ intent }).first()).toMatchObject({ paid_minor: 29_000 });
  });

  it('is not paid by a payment that the shop has not opened, whatever that says', async () => {
    const order = await orderOf(await mali.order());
    const amount = { currency: 'THB', value: 1 };
    const { id } = await shop.pay.payments.createIntent({ amount, orderReference: order });

    await shop.payer(id, 'paid');

    expect((await shop.pay.payments.getIntent(id)).status).toBe('succeeded');
    expect(await row(order)).toMatchObject({ status: 'unpaid' });
    expect((await mali.get(`/orders/${order}`)).text).toContain('We wait for your payment');
  });

  it('is made once by two tabs that order at once, with one payment', async () => {
    await mali.post('/cart', { product: 'cold-brew' });
    const before = await shop.db('shop.orders').count();

    const [one, two] = await Promise.all([mali.post('/checkout'), mali.post('/checkout')]);

    expect([one.location, two.location]).toContainEqual(expect.stringContaining('/itpay/pay/pi_'));
    expect([one.location, two.location]).toContain('/orders');
    expect(Number((await shop.db('shop.orders').count())[0]!['count'])).toBe(Number(before[0]!['count']) + 1);
  });

  it('leaves neither order nor payment when it fails half-way, and keeps the cart', async () => {
    await mali.post('/cart', { product: 'pang-khon' });
    const counts = async () => [
      (await shop.db('shop.orders').count())[0],
      (await shop.pay.payments.listIntents({ limit: 100 })).intents.length,
    ];
    const before = await counts();
    await shop.db.raw('alter table shop.order_payments add constraint broken check (false) not valid');
    const quiet = silenced();

    const failed = await mali.post('/checkout');

    quiet();
    await shop.db.raw('alter table shop.order_payments drop constraint broken');
    expect(failed.status).toBe(500);
    expect(await counts()).toEqual(before);
    expect((await mali.get('/cart')).text).toContain('Pang Khon');
    await mali.post('/cart/quantity', { product: 'pang-khon', quantity: '0' });
  });

  it('of somebody else does not exist, whatever is tried', async () => {
    const [intent, somchai] = [await mali.order(), visitor(shop.url)];
    const order = await orderOf(intent);
    await somchai.signIn(SOMCHAI);

    const seen = await somchai.get(`/orders/${order}`);
    const paid = await somchai.post(`/orders/${order}/pay`, { method: 'promptpay' });
    const simulated = await somchai.post(`/orders/${order}/test-payer`, { event: 'paid' });
    const cash = await somchai.post(`/staff/orders/${order}/paid-in-cash`);
    const refund = await somchai.post(`/staff/payments/${intent}/refund`, { amount: '1' });
    const money = await somchai.get('/staff/money');

    expect([seen, paid, simulated, cash, refund, money].map(({ status }) => status)).toEqual(Array(6).fill(404));
    expect(seen.text).not.toMatch(/DR-|pi_/);
    expect((await visitor(shop.url).get(`/orders/${order}`)).location).toBe(`/sign-in?next=%2Forders%2F${order}`);
    expect((await row(order)).status).toBe('unpaid');
  });

  it('does not open the API to a session of the shop', async () => {
    const answer = await mali.get('/itpay/v1/payment-intents');

    expect(answer.status).toBe(401);
  });
});

describe('An order that is not paid', () => {
  it('is resumed at the payment that is open', async () => {
    const intent = await mali.order();

    const { location } = await mali.post(`/orders/${await orderOf(intent)}/pay`);

    expect(intentOf(location!)).toBe(intent);
  });

  it('is not paid a second time while money of a code that ran out may still come', async () => {
    const intent = await mali.order();
    const order = await orderOf(intent);
    await shop.advance(16);

    const seen = await mali.get(`/orders/${order}`);
    const again = await mali.post(`/orders/${order}/pay`, { method: 'wechat' });
    await shop.advance(2);

    expect(seen.text).toContain('The code has run out.');
    expect(again.location).toBe(`/orders/${order}`);
    expect(await intentsOf(order)).toMatchObject([{ id: intent, status: 'expired' }]);
  });

  it('gets one payment from two tabs that pay again at once', async () => {
    const intent = await mali.order();
    const order = await orderOf(intent);
    await shop.advance(18);
    const pay = () => mali.post(`/orders/${order}/pay`, { method: 'wechat' });

    const [one, two] = await Promise.all([pay(), pay()]);

    expect(intentOf(one.location!)).toBe(intentOf(two.location!));
    expect((await intentsOf(order)).map(({ status, channel }) => [channel, status])).toEqual([
      ['wechat', expect.stringMatching(/pending|qr_generated/)],
      ['promptpay', 'expired'],
    ]);
  });

  it('closes the first payment when the customer takes another way', async () => {
    const intent = await mali.order('promptpay');
    const order = await orderOf(intent);

    const { location } = await mali.post(`/orders/${order}/pay`, { method: 'wechat' });
    await shop.pay.settle();
    await shop.payer(intentOf(location!), 'paid');

    expect((await shop.pay.payments.getIntent(intent)).status).toBe('cancelled');
    expect(await row(order)).toMatchObject({ status: 'paid' });
  });

  it('cannot be paid by QR code any more once it is paid in cash', async () => {
    const intent = await mali.order();
    const order = await orderOf(intent);

    await staff.post(`/staff/orders/${order}/paid-in-cash`);

    expect(await row(order)).toMatchObject({ status: 'paid' });
    expect((await shop.pay.payments.getIntent(intent)).status).toBe('cancelled');
    expect((await mali.post(`/orders/${order}/pay`, { method: 'wechat' })).location).toBe(`/orders/${order}`);
  });

  it('is not taken for paid in cash when the QR code was faster', async () => {
    const intent = await mali.order('wechat');
    await shop.pay.settle();
    await shop.payer(intent, 'paid');
    const order = await orderOf(intent);

    await staff.post(`/staff/orders/${order}/paid-in-cash`);

    expect((await shop.pay.payments.getIntent(intent)).status).toBe('succeeded');
    expect(await row(order)).toMatchObject({ status: 'paid' });
  });
});

describe('Money that is not what was asked for', () => {
  it('that came late is shown to both, asks nobody to pay again, and pays the order once it is counted', async () => {
    const intent = await mali.order();
    const order = await orderOf(intent);
    await shop.payer(intent, 'paid_late');

    const seen = await mali.get(`/orders/${order}`);
    const again = await mali.post(`/orders/${order}/pay`, { method: 'promptpay' });
    const money = await staff.get('/staff/money');
    await press(order, 'Count it for the order');

    expect(seen.text).toMatch(/Please do not pay again/);
    expect(again.location).toBe(`/orders/${order}`);
    expect(money.text).toMatch(new RegExp(`Order ${order}[^]*฿290.00 came after the payment had expired`));
    expect(await row(order)).toMatchObject({ status: 'paid' });
  });

  it('that came late while the next payment is open closes that one when it is counted', async () => {
    const intent = await mali.order();
    const order = await orderOf(intent);
    await shop.advance(18);
    const next = intentOf((await mali.post(`/orders/${order}/pay`, { method: 'promptpay' })).location!);
    await shop.payer(intent, 'paid_late');

    await press(order, 'Count it for the order');

    expect((await shop.pay.payments.getIntent(next)).status).toBe('cancelled');
    expect(await row(order)).toMatchObject({ status: 'paid' });
  });

  it('that is too little lies aside, and goes back by hand', async () => {
    const intent = await mali.order();
    const order = await orderOf(intent);
    await shop.payer(intent, 'underpaid');

    const seen = await mali.get(`/orders/${order}`);
    await press(order, 'I transferred it back');

    expect(seen.text).toContain('฿145.00 is less than the order costs.');
    expect((await staff.get(`/orders/${order}`)).text).toMatch(/฿145.00 is less than was asked for,\s+settled by hand/);
    expect(await row(order)).toMatchObject({ status: 'unpaid' });
  });

  it('that came late over WeChat goes back by itself', async () => {
    const intent = await mali.order('wechat');
    await shop.pay.settle();
    const order = await orderOf(intent);

    await shop.payer(intent, 'paid_late');

    expect((await staff.get(`/orders/${order}`)).text).toMatch(/came after the payment had expired,\s+given back/);
    expect((await mali.get(`/orders/${order}`)).text).toContain('Pay again');
  });

  it('that is too much pays the order, and the rest is staff’s to decide', async () => {
    const intent = await mali.order();
    const order = await orderOf(intent);

    await shop.payer(intent, 'overpaid');

    expect(await row(order)).toMatchObject({ status: 'paid' });
    expect((await staff.get(`/orders/${order}`)).text).toContain('data-aside="over"');
  });
});

describe('A refund', () => {
  it('goes back over WeChat in parts; the order is refunded when all of it is', async () => {
    const intent = await mali.order('wechat');
    await shop.pay.settle();
    await shop.payer(intent, 'paid');
    const order = await orderOf(intent);

    await press(order, 'Refund', { amount: '10' });
    const partly = await row(order);
    await press(order, 'Refund', { amount: '10' }); // the same amount again, on purpose
    const page = await mali.get(`/orders/${order}`);
    await press(order, 'Refund', { amount: '39.80' });

    expect(partly.status).toBe('paid');
    expect(page.text.match(/¥10\.00\s+went back to you/g)).toHaveLength(2);
    expect(await row(order)).toMatchObject({ status: 'refunded' });
    expect((await shop.pay.payments.getIntent(intent)).amountRefunded).toBe(5_980n);
  });

  it('is made once however often its button is pressed', async () => {
    const intent = await mali.order('wechat');
    await shop.pay.settle();
    await shop.payer(intent, 'paid');
    const { action, fields } = await formOf(await orderOf(intent), 'Refund');

    await Promise.all([1, 2, 3].map(() => staff.post(action, { ...fields, amount: '5' })));
    await shop.pay.settle();

    expect((await shop.pay.payments.listRefunds(intent)).map(({ amount }) => amount.value)).toEqual([500n]);
  });

  it('that the rail cannot send waits for somebody who transfers it', async () => {
    const intent = await mali.order('promptpay');
    await shop.payer(intent, 'paid');
    const order = await orderOf(intent);

    await press(order, 'Refund', { amount: '290.00' });
    const waiting = await row(order);
    await press(order, 'It is sent', { evidence: 'KBANK 0815' });

    expect(waiting.status).toBe('paid');
    expect(await row(order)).toMatchObject({ status: 'refunded' });
  });

  it.each(['0', '-1', '1.001', 'all', '290.01'])('of "%s" is refused with a reason', async (amount) => {
    const intent = await mali.order('promptpay');
    await shop.payer(intent, 'paid');

    const answer = await press(await orderOf(intent), 'Refund', { amount });

    expect(answer.status).toBe(409);
    expect(await shop.pay.payments.listRefunds(intent)).toEqual([]);
  });
});

describe('The shop’s own accounts', () => {
  it('are made, signed in and out, and keep the cart', async () => {
    const guest = visitor(shop.url);
    await guest.post('/cart', { product: 'dripper' });

    const short = await guest.post('/register', { name: 'Pim', email: 'pim@example.com', password: 'short' });
    await guest.post('/register', { name: '<b>Pim', email: 'pim@example.com', password: 'long enough now' });
    const cart = await guest.get('/cart');
    await guest.post('/sign-out');

    expect(short.status).toBe(422);
    expect(cart.text).toContain('Ceramic dripper');
    expect((await guest.get('/orders')).location).toBe('/sign-in?next=%2Forders');
    expect((await guest.signIn({ email: 'pim@example.com', password: 'wrong' })).status).toBe(422);
    expect((await guest.signIn({ email: 'PIM@example.com', password: 'long enough now' })).location).toBe('/');
  });

  it.each(['//evil.example', '/\\evil.example', 'https://evil.example'])('never lead on to %s', async (next) => {
    const { location } = await visitor(shop.url).post('/sign-in', { ...MALI, staff: '', next });

    expect(location).toBe('/');
  });
});

/** The shop writes what it did not expect to the console; once that is what a test wants. */
function silenced(): () => void {
  const { error } = console;
  console.error = () => {};
  return () => {
    console.error = error;
  };
}
