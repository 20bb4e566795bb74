import { createServer } from 'node:http';
import { fieldAt, readEmvco } from '@itpay/core';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { startScbSimulator } from './simulator.js';

let at = new Date('2026-11-22T05:00:00Z');
const scb = await startScbSimulator({ now: () => at });
afterAll(() => scb.close());
beforeEach(async () => {
  at = new Date('2026-11-22T05:00:00Z');
  await scb.control.clearScript();
});
const { billerId, apiKey, apiSecret } = scb.credentials;

const HEADERS = { 'content-type': 'application/json', resourceOwnerId: apiKey, requestUId: 'a'.repeat(32) };

async function ask(method: string, path: string, { body, headers = {} }: { body?: unknown; headers?: object } = {}) {
  const answer = await fetch(scb.url + path, {
    method,
    headers: Object.fromEntries(Object.entries({ ...HEADERS, ...headers }).filter(([, value]) => value !== undefined)),
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const content = (await answer.json()) as { status: { code: number }; data: any };
  return { http: answer.status, code: content.status.code, data: content.data };
}

const newToken = async () => {
  const { data } = await ask('POST', '/v1/oauth/token', {
    body: { applicationKey: apiKey, applicationSecret: apiSecret },
  });
  return { authorization: `Bearer ${data.accessToken}` };
};
const order = (change: object = {}) => ({
  qrType: 'PP',
  ppType: 'BILLERID',
  ppId: billerId,
  amount: '123.45',
  ref1: 'ORDER1',
  ref3: 'SIMORDER1',
  ...change,
});
const create = async (change: object = {}, headers?: object) =>
  ask('POST', '/v1/payment/qrcode/create', { body: order(change), headers: headers ?? (await newToken()) });
const inquire = async (change: Record<string, string> = {}) => {
  const query = { eventCode: '00300100', billerId, reference1: 'ORDER1', transactionDate: '2026-11-22', ...change };
  return ask('GET', `/v1/payment/billpayment/inquiry?${new URLSearchParams(query)}`, { headers: await newToken() });
};

describe('the token of the simulated SCB', () => {
  it('is given for key and secret, for half an hour', async () => {
    const { code, data } = await ask('POST', '/v1/oauth/token', {
      body: { applicationKey: apiKey, applicationSecret: apiSecret },
    });

    expect(code).toBe(1000);
    expect(data).toMatchObject({ tokenType: 'Bearer', expiresIn: 1800, expiresAt: at.getTime() / 1000 + 1800 });
  });

  it.each<[what: string, options: { body?: unknown; headers?: object }, code: number]>([
    ['a wrong secret', { body: { applicationKey: apiKey, applicationSecret: 'x' } }, 9500],
    ['no secret', { body: { applicationKey: apiKey } }, 1101],
    ['another application', { headers: { resourceOwnerId: 'x' } }, 9500],
    ['no requestUId', { headers: { requestUId: undefined } }, 9100],
    ['no resourceOwnerId', { headers: { resourceOwnerId: undefined } }, 9100],
    ['a form', { headers: { 'content-type': 'application/x-www-form-urlencoded' } }, 9100],
    ['no JSON', { body: 'a=b' }, 1102],
  ])('is not given for %s', async (_what, options, code) => {
    const body = { applicationKey: apiKey, applicationSecret: apiSecret };

    expect(await ask('POST', '/v1/oauth/token', { body, ...options })).toMatchObject({ code });
  });

  it('is wanted with every other request, and ends', async () => {
    const token = await newToken();

    expect(await create({}, {})).toMatchObject({ http: 401, code: 9500 });
    expect(await create({}, { authorization: 'Bearer x' })).toMatchObject({ http: 401, code: 9500 });
    expect(await create({}, token)).toMatchObject({ http: 200, code: 1000 });
    at = new Date(at.getTime() + 1_800_000);
    expect(await create({}, token)).toMatchObject({ http: 401, code: 9300 });
  });
});

describe('the code of the simulated SCB', () => {
  it('is a Thai QR that asks for what was ordered, the same for the same order', async () => {
    const { data } = await create({ ref1: 'CODE1', ref2: 'SHOP', ref3: 'SIMCODE1' });

    const reading = readEmvco(data.qrRawData, { mode: 'strict' });
    const field = (path: string) => fieldAt(reading.ok ? reading.fields : [], path);
    expect(['30.00', '30.01', '30.02', '30.03', '53', '54', '58', '62.07'].map(field)).toEqual([
      'A000000677010112',
      billerId,
      'CODE1',
      'SHOP',
      '764',
      '123.45',
      'TH',
      'SIMCODE1',
    ]);
    expect((await create({ ref1: 'CODE1', ref2: 'SHOP', ref3: 'SIMCODE1' })).data).toEqual(data);
  });

  it.each<[what: string, change: object, code: number]>([
    ['another biller', { ppId: '099400016550100' }, 1102],
    ['another kind', { qrType: 'CS' }, 1102],
    ['an amount as a number', { amount: 123.45 }, 1102],
    ['one decimal', { amount: '123.4' }, 1102],
    ['nothing to pay', { amount: '0.00' }, 1102],
    ['no reference', { ref1: undefined }, 1101],
    ['an empty reference', { ref1: '' }, 1103],
    ['small letters', { ref1: 'order1' }, 1102],
    ['a long reference', { ref1: 'A'.repeat(21) }, 1102],
    ['the prefix of somebody else', { ref3: 'ELSE1' }, 1102],
    ['an unknown field', { currency: 'THB' }, 1105],
  ])('is not made with %s', async (_what, change, code) => {
    expect(await create(change)).toMatchObject({ http: 400, code });
  });

  it('is not made for another amount under the same reference', async () => {
    await create({ ref1: 'CODE2' });

    expect(await create({ ref1: 'CODE2', amount: '1.00' })).toMatchObject({ code: 1111 });
  });
});

describe('a payment at the simulated SCB', () => {
  it('is found on its day in Bangkok, and on no other', async () => {
    await create({ ref1: 'DAY1' });
    await scb.control.act({ action: 'pay', reference: 'DAY1', paidAt: '2026-11-22T17:00:00Z' });

    const [before, day, after] = [
      await inquire({ reference1: 'DAY1', transactionDate: '2026-11-22' }),
      await inquire({ reference1: 'DAY1', transactionDate: '2026-11-23' }),
      await inquire({ reference1: 'DAY1', transactionDate: '2026-11-24' }),
    ];

    expect([before.data, after.data]).toEqual([[], []]);
    expect(day.data).toMatchObject([
      {
        billPaymentRef1: 'DAY1',
        amount: '123.45',
        currencyCode: '764',
        payeeProxyId: billerId,
        transactionDateandTime: '2026-11-23T00:00:00.000+07:00',
        reverseFlag: '',
      },
    ]);
  });

  it('may come twice, may be taken back, and may be of another amount', async () => {
    await create({ ref1: 'TWICE1' });
    const { transaction_ids: ids } = (await scb.control.act({
      action: 'pay',
      reference: 'TWICE1',
      times: 2,
      amount: '99',
    })) as { transaction_ids: string[] };
    scb.reverse(ids[0]!);

    expect((await inquire({ reference1: 'TWICE1' })).data).toMatchObject([
      { transactionId: ids[0], amount: '0.99', reverseFlag: 'R' },
      { transactionId: ids[1], amount: '0.99', reverseFlag: '' },
    ]);
  });

  it('can be made without a code, and not without an amount then', async () => {
    await scb.control.act({ action: 'pay', reference: 'BYHAND1', amount: '500' });

    expect((await inquire({ reference1: 'BYHAND1' })).data).toMatchObject([{ amount: '5.00' }]);
    await expect(scb.control.act({ action: 'pay', reference: 'BYHAND2' })).rejects.toThrow('has made no code');
  });

  it.each<[what: string, change: Record<string, string>, code: number]>([
    ['another biller', { billerId: '099400016550100' }, 1102],
    ['another event', { eventCode: '00300104' }, 1102],
    ['a day in another form', { transactionDate: '22/11/2026' }, 1102],
    ['no reference', { reference1: '' }, 1103],
    ['an unknown parameter', { reference3: 'A' }, 1105],
  ])('is not told of to a question with %s', async (_what, change, code) => {
    expect(await inquire(change)).toMatchObject({ http: 400, code });
  });

  it('is known by the number on its slip', async () => {
    await create({ ref1: 'SLIP1' });
    const { transaction_ids: ids } = (await scb.control.act({ action: 'pay', reference: 'SLIP1' })) as {
      transaction_ids: string[];
    };
    const [, number = ''] = /^00\d\d0006000001010301402(?:20)(.{20})5102TH9104....$/.exec(scb.slipOf(ids[0]!)) ?? [];
    const path = `/v1/payment/billpayment/transactions/${number}`;

    expect(await ask('GET', `${path}?sendingBank=014`, { headers: await newToken() })).toMatchObject({
      code: 1000,
      data: { transRef: number, amount: '123.45', transDate: '20261122', transTime: '12:00:00', ref1: 'SLIP1' },
    });
    expect(await ask('GET', `${path}?sendingBank=004`, { headers: await newToken() })).toMatchObject({ code: 1104 });
    expect(await ask('GET', path, { headers: await newToken() })).toMatchObject({ code: 1101 });
  });

  it('is confirmed to the registered address with all that was paid, until it is acknowledged', async () => {
    const bodies: string[] = [];
    const answers = ['no', '{"resCode":"99"}', '{"resCode":"00"}'];
    const server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => (body += chunk));
      request.on('end', () => {
        bodies.push(body);
        response.end(answers[bodies.length - 1]);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      scb.registerCallback(`http://127.0.0.1:${(server.address() as { port: number }).port}/`);
      await create({ ref1: 'TOLD1' });
      await scb.control.act({ action: 'pay', reference: 'TOLD1' });

      for (let n = 0; n < 4; n += 1) await scb.control.deliverCallbacks({ reference: 'TOLD1' });

      expect(bodies).toHaveLength(3);
      expect(new Set(bodies).size).toBe(1);
      expect(JSON.parse(bodies[0]!)).toMatchObject({ amount: '123.45', billPaymentRef1: 'TOLD1', currencyCode: '764' });
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });
});

describe('the simulated SCB on a bad day', () => {
  it.each([
    ['429', 429, 9700],
    ['500_before', 500, 9900],
    ['500_after', 500, 9900],
    ['decline', 400, 1102],
  ] as const)('answers %s with %d', async (behaviour, http, code) => {
    await scb.control.script({ operation: 'create', behaviour });

    expect(await create({ ref1: 'BADDAY1' })).toMatchObject({ http, code });
    expect(await create({ ref1: 'BADDAY1' })).toMatchObject({ http: 200, code: 1000 });
  });

  it.each(['reference', 'amount', 'currency'] as const)(
    'tells of another %s, in a code that is readable',
    async (what) => {
      const good = (await create({ ref1: 'LIE1' })).data.qrRawData as string;
      await scb.control.script({ operation: 'create', behaviour: `wrong_${what}` });

      const lie = (await create({ ref1: 'LIE1' })).data.qrRawData as string;

      expect(lie).not.toBe(good);
      expect(readEmvco(lie, { mode: 'strict' })).toMatchObject({ ok: true });
    },
  );
});

it('sends confirmations by itself, and again until one is acknowledged', async () => {
  const bodies: string[] = [];
  let acknowledged = () => {};
  const done = new Promise<void>((resolve) => (acknowledged = resolve));
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += chunk));
    request.on('end', () => {
      bodies.push(body);
      response.end(bodies.length === 1 ? 'no' : '{"resCode":"00"}', bodies.length === 1 ? undefined : acknowledged);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const callbackUrl = `http://127.0.0.1:${(server.address() as { port: number }).port}/`;
  const eager = await startScbSimulator({ callbacks: 'auto', callbackUrl });
  try {
    await eager.control.act({ action: 'pay', reference: 'AUTO1', amount: '100' });
    await done;

    expect(bodies).toHaveLength(2);
    expect(bodies[0]).toBe(bodies[1]);
    expect(JSON.parse(bodies[0]!)).toMatchObject({ billPaymentRef1: 'AUTO1', amount: '1.00' });
  } finally {
    await eager.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

it('has other secrets at each start, and the same numbers for the same seed', async () => {
  const again = await startScbSimulator({ now: () => at });
  try {
    expect(again.credentials).toEqual({ ...scb.credentials, apiSecret: expect.not.stringMatching(apiSecret) });
  } finally {
    await again.close();
  }
});
