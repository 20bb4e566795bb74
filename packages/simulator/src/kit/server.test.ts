import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Callbacks, type RailEvent } from './callbacks.js';
import { railControl } from './client.js';
import { serveRail, type RailProtocol, type RailReply } from './server.js';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const reply = (status: number, body: object): RailReply => ({ status, body: JSON.stringify(body) });

/** A rail with one operation. It signs by a header that says who signed. */
async function tinyRail(more: Partial<RailProtocol<'open', RailEvent>> = {}) {
  const orders: string[] = [];
  const callbacks = new Callbacks<RailEvent>({
    write: ({ id }) => ({ headers: { 'x-signed-by': 'rail' }, body: id }),
    isAcknowledged: (status, body) => status === 200 && body === 'understood',
    automatic: false,
  });
  const rail: RailProtocol<'open', RailEvent> = {
    name: 'tiny',
    operations: ['open'],
    callbacks,
    receive: ({ path, headers, rawBody }) => {
      if (path !== '/orders') return null;
      if (headers['x-key'] !== 'merchant') return reply(401, { code: 'who are you' });
      const reference = rawBody.toString();
      return {
        operation: 'open',
        references: [reference],
        perform: ({ pending }) => {
          orders.push(reference);
          return reply(pending ? 202 : 200, { reference, amount: 5 });
        },
      };
    },
    refuse: (_operation, why) => reply({ decline: 402, '429': 429, '500': 500 }[why], { code: why }),
    falsify: ({ status, body }, what) => reply(status, { ...JSON.parse(String(body)), [what]: 'another' }),
    sign: (answer, _request, badly) => ({ ...answer, headers: { 'x-signed-by': badly ? 'stranger' : 'rail' } }),
    act: ({ action, reference }) => {
      if (action !== 'pay') throw new Error(`Nobody can ${action} here.`);
      callbacks.push({ id: `E-${reference}`, kind: 'paid', reference, url: 'http://127.0.0.1:1/nobody' });
      return { paid: 5n };
    },
    books: () => ({ orders, total: 5n * BigInt(orders.length) }),
    file: (kind, date) => (kind === 'bill' ? { name: `${date}.csv`, content: Buffer.from(date) } : null),
    ...more,
  };
  const { url, close } = await serveRail(rail);
  closing.push(close);
  const open = async (reference = 'O1', key = 'merchant') => {
    const answer = await fetch(`${url}/orders`, { method: 'POST', headers: { 'x-key': key }, body: reference });
    return { status: answer.status, by: answer.headers.get('x-signed-by'), body: await answer.text() };
  };
  return { control: railControl(url), open, orders };
}

/** A shop that understands the n-th notification and those after it. */
async function shop(understandsFrom = 1) {
  const bodies: string[] = [];
  const server = createServer(async (req, res) => {
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk as Buffer);
    bodies.push(`${String(req.headers['x-signed-by'])} ${Buffer.concat(chunks).toString()}`);
    res.end(bodies.length >= understandsFrom ? 'understood' : 'what?');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => server.close().closeAllConnections());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, bodies };
}

describe('a simulated rail', () => {
  it('learns where notifications go, unless its orders say so', async () => {
    const registered: string[] = [];
    const { control } = await tinyRail({ register: (url) => void registered.push(url) });
    const ordering = await tinyRail();

    await control.setNotifyUrl('http://127.0.0.1:1/told');
    const refused = expect(ordering.control.setNotifyUrl('http://127.0.0.1:1/')).rejects.toThrow('Each order of tiny');

    await refused;
    await expect(control.setNotifyUrl('told')).rejects.toThrow('no address');
    expect(registered).toEqual(['http://127.0.0.1:1/told']);
  });

  it('does the work, signs its answer and keeps books', async () => {
    const { control, open } = await tinyRail();

    expect(await open()).toEqual({ status: 200, by: 'rail', body: '{"reference":"O1","amount":5}' });
    expect(await control.books()).toEqual({ orders: ['O1'], total: '5' });
  });

  it('refuses strangers without doing anything', async () => {
    const { open, orders } = await tinyRail();

    expect(await open('O1', 'stranger')).toMatchObject({ status: 401, by: 'rail' });
    expect(orders).toEqual([]);
  });

  it.each([
    ['decline', 402, 'rail', '{"code":"decline"}', 0],
    ['429', 429, 'rail', '{"code":"429"}', 0],
    ['500_before', 500, 'rail', '{"code":"500"}', 0],
    ['500_after', 500, 'rail', '{"code":"500"}', 1],
    ['pending', 202, 'rail', '{"reference":"O1","amount":5}', 1],
    ['garbage', 200, 'rail', '<html>Welcome</html>', 1],
    ['bad_signature', 200, 'stranger', '{"reference":"O1","amount":5}', 1],
    ['wrong_reference', 200, 'rail', '{"reference":"another","amount":5}', 1],
    ['wrong_amount', 200, 'rail', '{"reference":"O1","amount":"another"}', 1],
    ['wrong_currency', 200, 'rail', '{"reference":"O1","amount":5,"currency":"another"}', 1],
    ['slow:5', 200, 'rail', '{"reference":"O1","amount":5}', 1],
  ] as const)('plays %s once', async (behaviour, status, by, body, done) => {
    const { control, open, orders } = await tinyRail();
    await control.script({ operation: 'open', behaviour });

    expect(await open()).toEqual({ status, by, body });
    expect(orders).toHaveLength(done);
    expect((await open('O2')).status).toBe(200);
  });

  it('cuts the connection after the work, for the order that the script names', async () => {
    const { control, open, orders } = await tinyRail();
    await control.script({ operation: 'open', reference: 'O2', behaviour: 'reset_after' });

    expect((await open('O1')).status).toBe(200);
    await expect(open('O2')).rejects.toThrow('fetch failed');
    expect(orders).toEqual(['O1', 'O2']);
  });

  it.each(['timeout_before', 'timeout_after'] as const)('hangs: %s', async (behaviour) => {
    const { control, orders } = await tinyRail();
    await control.script({ operation: 'open', behaviour });

    const controller = new AbortController();
    const hanging = fetch(`${control.url}/orders`, {
      method: 'POST',
      headers: { 'x-key': 'merchant' },
      body: 'O1',
      signal: controller.signal,
    });
    if (behaviour === 'timeout_after') await vi.waitUntil(() => orders.length > 0);
    else await control.books();
    controller.abort();

    await expect(hanging).rejects.toThrow();
    expect(orders).toHaveLength(behaviour === 'timeout_after' ? 1 : 0);
  });

  it('says what is wrong with a script and with an act', async () => {
    const { control } = await tinyRail();

    await expect(control.script({ operation: 'shut', behaviour: 'ok' })).rejects.toThrow('There are: open.');
    await expect(control.script({ operation: 'open', behaviour: 'explode' as 'ok' })).rejects.toThrow('explode');
    await expect(control.act({ action: 'scan', reference: 'O1' })).rejects.toThrow('Nobody can scan here.');
    await expect(control.file('nothing', '2026-01-01')).rejects.toThrow('There is no');
    expect((await control.file('bill', '2026-01-01')).toString()).toBe('2026-01-01');
  });
});

describe('its notifications', () => {
  it('wait until they are delivered and understood', async () => {
    const { control } = await tinyRail();
    const { url, bodies } = await shop(2);
    expect(await control.act({ action: 'pay', reference: 'O1' })).toEqual({ paid: '5' });

    const [first] = await control.deliverCallbacks({ to: url });
    const waiting = await control.callbacks();
    const [second] = await control.deliverCallbacks({ to: url });

    expect([first, second]).toMatchObject([
      { id: 'E-O1', status: 200, body: 'what?' },
      { status: 200, body: 'understood' },
    ]);
    expect(waiting).toMatchObject([{ id: 'E-O1', headers: { 'x-signed-by': 'rail' } }]);
    expect(bodies).toEqual(['rail E-O1', 'rail E-O1']);
    expect(await control.callbacks()).toEqual([]);
  });

  it('come twice, in another order, late or never, as the test wants', async () => {
    const { control } = await tinyRail();
    const { url, bodies } = await shop();
    for (const reference of ['O1', 'O2', 'O3']) await control.act({ action: 'pay', reference });

    await control.deliverCallbacks({ to: url, reference: 'O2', copies: 2 });
    await control.deliverCallbacks({ to: url, order: 'reversed', drop: ['E-O1'] });

    expect(bodies).toEqual(['rail E-O2', 'rail E-O2', 'rail E-O3']);
    expect(await control.callbacks()).toEqual([]);
  });

  it('go on waiting when nobody answers', async () => {
    const { control } = await tinyRail();
    await control.act({ action: 'pay', reference: 'O1' });

    expect(await control.deliverCallbacks()).toMatchObject([{ id: 'E-O1', status: null }]);
    expect(await control.callbacks()).toHaveLength(1);
  });
});
