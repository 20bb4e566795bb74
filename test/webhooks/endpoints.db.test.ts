import { beforeAll, describe, expect, it } from 'vitest';
import { tablesWith } from '../scenarios/tables.js';
import { ENDPOINTS, webhookHouse } from './house.js';

describe('webhook endpoints', () => {
  let h: Awaited<ReturnType<typeof webhookHouse>>;
  beforeAll(async () => {
    h = await webhookHouse();
  });
  const key = async (livemode = false) => {
    const { id: account } = await h.t.pay.accounts.create(`account ${Math.random()}`);
    return (await h.t.pay.keys.create({ account, livemode, label: 'k', preset: 'merchant_full' })).token;
  };
  const body = (path: string, more: object = {}) => ({
    url: `${h.shop.origin}${path}`,
    enabled_events: ['*'],
    ...more,
  });
  const read = (id: string) => h.t.request('GET', `${ENDPOINTS}/${id}`);

  it('are made, read, changed and deleted, each with its event and audit entry', async () => {
    const made = await h.endpoint({ description: 'Shop', enabled_events: ['refund.*', 'refund.*'] });
    const { secret, ...plain } = made;
    const path = `${ENDPOINTS}/${made.id}`;
    expect(plain).toMatchObject({
      object: 'webhook_endpoint',
      livemode: false,
      description: 'Shop',
      enabled_events: ['refund.*'],
      status: 'enabled',
      disabled_reason: null,
      encryption: null,
      version: 1,
    });
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect((await read(made.id)).body).toEqual(plain);
    expect((await h.t.request('GET', ENDPOINTS)).body.data).toEqual([plain]);

    const changed = await h.t.request('PATCH', path, { body: { description: null, enabled_events: ['*'] } });
    expect(changed.body).toMatchObject({ description: null, enabled_events: ['*'], version: 2, url: made.url });
    const disabled = await h.t.request('PATCH', path, { body: { status: 'disabled' } });
    expect(disabled.body).toMatchObject({ status: 'disabled', disabled_reason: 'requested' });
    expect((await h.post(`${path}/test`)).body.error).toMatchObject({
      code: 'INVALID_STATE_TRANSITION',
      details: { current: 'disabled', requested: 'test', allowed: ['reactivate', 'delete'] },
    });
    expect((await h.post(`${path}/reactivate`)).body).toMatchObject({ status: 'enabled', disabled_reason: null });
    expect((await h.post(`${path}/reactivate`)).status).toBe(409);
    const deleted = await h.t.request('DELETE', path);
    expect([deleted.status, deleted.text]).toEqual([204, '']);
    expect((await read(made.id)).body.error.code).toBe('WEBHOOK_ENDPOINT_NOT_FOUND');
    expect((await h.t.request('GET', `${path}/attempts`)).status).toBe(404);

    const story = ['enabled', 'updated', 'disabled', 'enabled', 'deleted'];
    const events = await h.t.request('GET', `/v1/events?object_id=${made.id}&limit=50`);
    expect(events.body.data.map(({ type, sequence }: any) => [type, sequence]).toReversed()).toEqual(
      story.map((word, index) => [`webhook_endpoint.${word}`, index + 1]),
    );
    const entries = await h.t.pay.knex('itpay.audit_entries').where({ object_id: made.id }).orderBy('id');
    expect(entries.map(({ action, from_state, to_state }) => [action, from_state, to_state])).toEqual([
      ['webhook_endpoint.create', null, 'enabled'],
      ['webhook_endpoint.update', 'enabled', 'enabled'],
      ['webhook_endpoint.disable', 'enabled', 'disabled'],
      ['webhook_endpoint.reactivate', 'disabled', 'enabled'],
      ['webhook_endpoint.delete', 'enabled', 'deleted'],
    ]);
    expect(JSON.stringify(events.body)).not.toContain(secret);
  });

  it('show a secret to a repetition of the request as well, and store it nowhere in clear', async () => {
    const create = () => h.post(ENDPOINTS, body('/secret'), { idempotencyKey: 'same' });
    const [first, again] = [await create(), await create()];
    const rotate = () => h.post(`${ENDPOINTS}/${first.body.id}/rotate-secret`, undefined, { idempotencyKey: 'turn' });
    const [turned, turnedAgain] = [await rotate(), await rotate()];

    expect(again.body).toEqual(first.body);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(turnedAgain.body).toEqual(turned.body);
    expect(turned.body.secret).not.toBe(first.body.secret);
    expect((await h.t.request('GET', ENDPOINTS)).text).not.toContain('whsec_');
    expect(await tablesWith(h.t.pay.knex, 'whsec_')).toEqual([]);
    expect(await tablesWith(h.t.pay.knex, first.body.secret.slice(6))).toEqual([]);
    expect(JSON.stringify(h.t.logger.lines)).not.toContain('whsec_');
  });

  it.each([
    [{ url: 'https://127.0.0.1/x' }, 'URL_INVALID', 'url'],
    [{ url: 'https://2130706433/x' }, 'URL_INVALID', 'url'],
    [{ url: 'https://user:password@shop.example/' }, 'URL_INVALID', 'url'],
    [{ url: 'nonsense' }, 'URL_INVALID', 'url'],
    [{ enabled_events: ['payment_intent.paid'] }, 'EVENT_TYPE_INVALID', 'enabled_events'],
    [{ enabled_events: [] }, 'PARAMETER_INVALID', 'enabled_events'],
    [{ api_version: '2020-01-01' }, 'API_VERSION_UNSUPPORTED', 'api_version'],
    [{ public_key: 'short' }, 'PARAMETER_INVALID', 'public_key'],
    [{ secret: 'mine' }, 'PARAMETER_UNKNOWN', 'secret'],
  ])('refuse %j', async (wrong, code, param) => {
    const answer = await h.post(ENDPOINTS, body('/refused', wrong));

    expect(answer.body.error).toMatchObject({ code, param });
    expect(answer.status).toBe(400);
  });

  it('take plain http to a public host in test mode only', async () => {
    const url = 'http://receiver.example/hooks';

    expect((await h.post(ENDPOINTS, body('', { url }))).status).toBe(201);
    expect((await h.post(ENDPOINTS, body('', { url }), { key: h.t.liveKey })).body.error.code).toBe('URL_INVALID');
  });

  it('are at most ten per account and mode, with ten URLs, however many come at once', async () => {
    const mine = await key();
    const wanted = Array.from({ length: 14 }, (_, n) => h.post(ENDPOINTS, body(`/race-${n % 12}`), { key: mine }));

    const answers = await Promise.all(wanted);

    const codes = answers.map((answer) => answer.body.error?.code ?? 'made');
    expect(codes.filter((code) => code === 'made')).toHaveLength(10);
    const listed = (await h.t.request('GET', ENDPOINTS, { key: mine })).body.data;
    expect(new Set(listed.map(({ url }: any) => url)).size).toBe(10);
    expect((await h.post(ENDPOINTS, body('/eleventh'), { key: mine })).body.error).toMatchObject({
      code: 'LIMIT_EXCEEDED',
      details: { limit: 'count', maximum: 10 },
    });
    const [one, two] = listed;
    const moved = await h.t.request('PATCH', `${ENDPOINTS}/${one.id}`, { key: mine, body: { url: two.url } });
    expect(moved.body.error).toMatchObject({ code: 'RESOURCE_ALREADY_EXISTS', details: { id: two.id } });
  });

  it('belong to one account and one mode', async () => {
    const endpoint = await h.endpoint();
    await h.intent();
    await h.t.settle();
    const eventId = h.shop.received.find(({ path }) => endpoint.url.endsWith(path))!.event.id;
    const strangers = [await key(), h.t.liveKey];

    for (const stranger of strangers) {
      const ask = (method: string, path: string, more?: object) =>
        h.t.request(method, path, { key: stranger, ...(more && { body: more }) });
      const range = { from: '2020-01-01T00:00:00Z', to: '2030-01-01T00:00:00Z' };
      const answers = [
        await ask('GET', `${ENDPOINTS}/${endpoint.id}`),
        await ask('PATCH', `${ENDPOINTS}/${endpoint.id}`, { status: 'disabled' }),
        await ask('DELETE', `${ENDPOINTS}/${endpoint.id}`),
        await ask('POST', `${ENDPOINTS}/${endpoint.id}/rotate-secret`),
        await ask('POST', `${ENDPOINTS}/${endpoint.id}/reactivate`),
        await ask('POST', `${ENDPOINTS}/${endpoint.id}/test`),
        await ask('POST', `${ENDPOINTS}/${endpoint.id}/replay`, range),
        await ask('GET', `${ENDPOINTS}/${endpoint.id}/attempts`),
        await ask('GET', `/v1/events/${eventId}`),
        await ask('POST', `/v1/events/${eventId}/replay`, {}),
      ];
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 404));
      const events = await ask('GET', '/v1/events?after=beginning');
      expect(
        events.body.data.filter(({ account }: any) => account === h.t.pay.account.id && stranger !== h.t.liveKey),
      ).toEqual([]);
      expect(events.body.data.filter(({ livemode }: any) => livemode !== (stranger === h.t.liveKey))).toEqual([]);
    }
    const foreign = await h.endpoint({}, strangers[0]);
    const mixed = await h.post(`/v1/events/${eventId}/replay`, { webhook_endpoint_id: foreign.id });
    expect(mixed.body.error).toMatchObject({ code: 'WEBHOOK_ENDPOINT_NOT_FOUND', param: 'webhook_endpoint_id' });
    h.shop.received.length = 0;
    h.t.clock.advance('1s');
    await h.intent();
    await h.t.settle();
    const accountsAt = (url: string) => [
      ...new Set(h.shop.received.filter(({ path }) => url.endsWith(path)).map(({ event }) => event.account)),
    ];
    expect(accountsAt(endpoint.url)).toEqual([h.t.pay.account.id]);
    expect(accountsAt(foreign.url)).not.toContain(h.t.pay.account.id);
  });
});
