import { promptpay } from '@itpay/channel-promptpay';
import { API_VERSION } from '@itpay/core';
import { signatureHeader, type NeutralRequest } from '@itpay/gateway';
import { createItPay } from 'itpay';
import { beforeAll, describe, expect, it } from 'vitest';
import { whenFileEnds } from '../support/cleanup.js';
import { backend, freshDatabase, freshDirectory } from '../support/database.js';
import { testPay } from '../support/pay.js';

const PATH = '/v1/api-keys';
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

let t: Awaited<ReturnType<typeof testPay>>;
let admin: string;

beforeAll(async () => {
  t = await testPay();
  admin = (await newKey({ preset: 'operator' })).token;
});

/** Made by the host. */
const newKey = (more: object = {}) =>
  t.pay.keys.create({ account: t.pay.account.id, livemode: false, label: 'a key', preset: 'merchant_full', ...more });
const minter = (scopes: string[], more: object = {}) =>
  newKey({ preset: undefined, scopes: ['keys:read', 'keys:write', ...scopes], ...more });
const codeOf = async (key: string) => (await t.request('GET', '/v1/payment-intents', { key })).body.error?.code ?? 200;

async function trail(id: string) {
  await t.settle();
  const { knex } = t.pay;
  const events = await knex('itpay.events').where({ object_id: id }).orderBy('sequence').select('type', 'data');
  const audit = await knex('itpay.audit_entries').where({ object_id: id }).orderBy('id').select('action', 'actor');
  return {
    events: events.map((event: { type: string }) => event.type),
    audit: audit.map((entry: { action: string }) => entry.action),
    text: JSON.stringify(events),
  };
}

/** A request as it comes from a connection, which has an address. */
async function from(remoteAddress: string, key: string, parts: Partial<NeutralRequest> & { body?: object } = {}) {
  const { body, headers, ...more } = parts;
  const bytes = body === undefined ? new Uint8Array() : Buffer.from(JSON.stringify(body));
  const answer = await t.pay.handle({
    method: 'GET',
    url: '/v1/payment-intents',
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      'idempotency-key': 'k',
      ...headers,
    },
    remoteAddress,
    signal: new AbortController().signal,
    rawBody: async () => bytes,
    ...more,
  });
  return { status: answer.status, body: JSON.parse(String(answer.body)) };
}

describe('A new key', () => {
  it('works at once, and shows its secret once', async () => {
    const options = {
      key: admin,
      idempotencyKey: 'once',
      body: { label: 'Backend', permissions: ['payments:read'], require_signature: false },
    };

    const first = await t.request('POST', PATH, options);
    const again = await t.request('POST', PATH, options);

    expect(first.status).toBe(201);
    expect(first.body).toMatchObject({ label: 'Backend', status: 'active', livemode: false, signing_secret: null });
    expect(first.body.api_version).toBe(API_VERSION);
    expect(await codeOf(first.body.secret)).toBe(200);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(again.body).toEqual({ ...first.body, secret: null });
    const stored = await t.pay.knex('itpay.idempotency_keys').select('body');
    expect(JSON.stringify(stored)).not.toContain(first.body.secret.slice(-43));
    const { secret: _once, signing_secret: _none, ...shown } = first.body;
    expect((await t.request('GET', `${PATH}/${shown.id}`, { key: admin })).body).toEqual(shown);
    expect((await t.request('GET', PATH, { key: admin })).body.data[0]).toEqual(shown);
  });

  it.each([
    ['both permissions and preset', { permissions: ['payments:read'], preset: 'reporting' }, 'PARAMETER_INVALID'],
    ['neither', {}, 'PARAMETER_INVALID'],
    ['a scope that there is not', { permissions: ['payments:admin'] }, 'PARAMETER_INVALID'],
    ['no range', { preset: 'reporting', ip_allowlist: ['10.0.0.1/8'] }, 'PARAMETER_INVALID'],
    ['a version that there is not', { preset: 'reporting', api_version: '1999-01-01' }, 'PARAMETER_INVALID'],
    ['an end in the past', { preset: 'reporting', expires_at: '2001-01-01T00:00:00Z' }, 'PARAMETER_INVALID'],
    ['the other mode', { preset: 'reporting', mode: 'live' }, 'LIVEMODE_MISMATCH'],
  ])('is not made with %s', async (_what, body, code) => {
    const answer = await t.request('POST', PATH, { key: admin, body: { label: 'x', ...body } });

    expect(answer.body.error).toMatchObject({ code });
  });
});

describe('Rotating', () => {
  it('lets the old key work until the overlap ends, and keeps what the key may do', async () => {
    const { key, token } = await newKey({ ipAllowlist: [], label: 'Till', apiVersion: API_VERSION });
    const made = await t.pay.keys.rotate(key.id, { overlapMs: HOUR });
    const { id, masked: _m, createdAt: _c, ...kept } = made.key;

    expect(key).toMatchObject(kept);
    expect(await t.pay.keys.get(key.id)).toMatchObject({ status: 'rotating', replacedBy: id });
    expect([await codeOf(token), await codeOf(made.token)]).toEqual([200, 200]);
    t.clock.advance(HOUR - 1);
    expect(await codeOf(token)).toBe(200);
    t.clock.advance(1);
    expect([await codeOf(token), await codeOf(made.token)]).toEqual(['API_KEY_EXPIRED', 200]);
    expect((await t.pay.keys.get(key.id)).status).toBe('expired');
  });

  it('without an overlap ends the old key at once, though it was in use a moment ago', async () => {
    const { key, token } = await newKey();
    expect(await codeOf(token)).toBe(200);

    const made = await t.request('POST', `${PATH}/${key.id}/rotate`, { key: admin, body: { overlap_seconds: 0 } });

    expect([await codeOf(token), await codeOf(made.body.secret)]).toEqual(['API_KEY_EXPIRED', 200]);
  });

  it('takes 24 hours when nothing is said, and never longer than the old key had', async () => {
    const [long, short] = [await newKey(), await newKey({ expiresAt: new Date(t.clock.now().getTime() + HOUR) })];
    await t.pay.keys.rotate(long.key.id);
    const successor = await t.pay.keys.rotate(short.key.id);

    const now = t.clock.now().getTime();
    expect((await t.pay.keys.get(long.key.id)).expiresAt).toEqual(new Date(now + DAY));
    expect((await t.pay.keys.get(short.key.id)).expiresAt).toEqual(new Date(now + HOUR));
    expect(successor.key.expiresAt).toEqual(new Date(now + HOUR));
  });

  it('keeps the idempotency keys of the old key', async () => {
    const { key, token } = await newKey();
    const body = { amount: { currency: 'THB', value: 100 } };
    const first = await t.request('POST', '/v1/payment-intents', { key: token, idempotencyKey: 'kept', body });
    const made = await t.pay.keys.rotate(key.id);

    const again = await t.request('POST', '/v1/payment-intents', { key: made.token, idempotencyKey: 'kept', body });

    expect(again.body.id).toBe(first.body.id);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
  });

  it('happens once when three ask at the same time', async () => {
    const { key } = await newKey();

    const outcomes = await Promise.allSettled([1, 2, 3].map(() => t.pay.keys.rotate(key.id)));

    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected', 'rejected']);
    for (const outcome of outcomes.filter(({ status }) => status === 'rejected')) {
      expect(outcome).toMatchObject({ reason: { code: 'INVALID_STATE_TRANSITION' } });
    }
    const line = (await t.pay.keys.list(t.pay.account.id)).filter(({ lineage }) => lineage === key.lineage);
    expect(line.map(({ status }) => status)).toEqual(['active', 'rotating']);
    expect((await trail(key.id)).events).toEqual(['api_key.created', 'api_key.rotated']);
  });

  it('of a key that was rotated, has expired or is revoked is refused', async () => {
    const [rotated, revoked] = [await newKey(), await newKey()];
    const expired = await newKey({ expiresAt: new Date(t.clock.now().getTime() + 1) });
    await t.pay.keys.rotate(rotated.key.id);
    await t.pay.keys.revoke(revoked.key.id);
    t.clock.advance(1);

    for (const [{ key }, current] of [
      [rotated, 'rotating'],
      [revoked, 'revoked'],
      [expired, 'expired'],
    ] as const) {
      for (const change of [() => t.pay.keys.rotate(key.id), () => t.pay.keys.update(key.id, { label: 'x' })]) {
        await expect(change()).rejects.toMatchObject({ code: 'INVALID_STATE_TRANSITION', details: { current } });
      }
    }
    expect((await t.pay.keys.revoke(rotated.key.id)).status).toBe('revoked');
    expect(await codeOf(rotated.token)).toBe('API_KEY_REVOKED');
  });
});

it('writes an event and an audit entry for each change, and no secret in either', async () => {
  const made = await t.request('POST', PATH, { key: admin, body: { label: 'x', preset: 'reporting' } });
  const { id, secret } = made.body;
  await t.request('PATCH', `${PATH}/${id}`, { key: admin, body: { label: 'y' } });
  await t.request('POST', `${PATH}/${id}/rotate`, { key: admin, body: {} });
  const gone = await t.request('DELETE', `${PATH}/${id}`, { key: admin });

  const { events, audit, text } = await trail(id);

  expect([gone.status, gone.text]).toEqual([204, '']);
  expect(events).toEqual(['api_key.created', 'api_key.rotated', 'api_key.revoked']);
  expect(audit).toEqual(['api_key.created', 'api_key.updated', 'api_key.rotated', 'api_key.revoked']);
  expect(text).not.toContain(secret.slice(-43));
});

it('announces once that a key is about to expire, and anew when its end is moved', async () => {
  const { key } = await newKey({ expiresAt: new Date(t.clock.now().getTime() + 8 * DAY) });
  const announced = async () => (await trail(key.id)).events.filter((type) => type === 'api_key.expiring').length;

  const early = await announced();
  t.clock.advance(DAY);
  const [due, later] = [await announced(), (t.clock.advance(HOUR), await announced())];
  await t.pay.keys.update(key.id, { expiresAt: new Date(t.clock.now().getTime() + 9 * DAY) });
  t.clock.advance(HOUR);
  const moved = await announced();
  t.clock.advance(2 * DAY);

  expect([early, due, later, moved, await announced()]).toEqual([0, 1, 1, 1, 2]);
});

describe('A caller', () => {
  const refusal = async (key: string, method: string, path: string, body?: object) => {
    const before = await t.pay.knex('itpay.api_keys').orderBy('id');
    const answer = await t.request(method, path, { key, body });
    expect(await t.pay.knex('itpay.api_keys').orderBy('id')).toEqual(before);
    return [answer.status, answer.body.error.code, answer.body.error.details?.missing ?? answer.body.error.param];
  };

  it('without the scope of keys reaches none', async () => {
    const { key } = await newKey();
    const answers = await Promise.all([
      t.request('POST', PATH, { body: { label: 'x', preset: 'reporting' } }),
      t.request('PATCH', `${PATH}/${key.id}`, { body: { label: 'x' } }),
      t.request('DELETE', `${PATH}/${key.id}`),
      t.request('POST', `${PATH}/${key.id}/rotate`, { body: {} }),
    ]);

    expect(answers.map(({ body }) => body.error.details.required)).toEqual(Array(4).fill('keys:write'));
  });

  it('hands on no scope that it does not have, in any way', async () => {
    const { token } = await minter(['payments:read']);
    const weak = await minter(['payments:read']);
    const { key: strong } = await newKey({ preset: 'operator' });
    const more = ['payments:read', 'payments:write'];
    const denied = [403, 'PERMISSION_DENIED', ['payments:write']];

    expect(await refusal(token, 'POST', PATH, { label: 'x', permissions: more })).toEqual(denied);
    expect(await refusal(token, 'PATCH', `${PATH}/${weak.key.id}`, { permissions: more })).toEqual(denied);
    for (const [method, path, body] of [
      ['POST', PATH, { label: 'x', preset: 'operator' }],
      ['POST', `${PATH}/${strong.id}/rotate`, {}],
      ['PATCH', `${PATH}/${strong.id}`, { permissions: ['payments:read'] }],
      ['DELETE', `${PATH}/${strong.id}`, undefined],
    ] as const) {
      const [status, code, missing] = await refusal(token, method, path, body);
      expect([status, code]).toEqual([403, 'PERMISSION_DENIED']);
      expect(missing).toContain('operations:write');
    }
  });

  it('reaches no key of the other mode or of another account', async () => {
    const { id: account } = await t.pay.accounts.create('Key Shop');
    const { key: foreign } = await newKey({ account });
    const { key: live } = await newKey({ livemode: true });

    for (const { id } of [foreign, live]) {
      expect((await t.request('GET', `${PATH}/${id}`, { key: admin })).status).toBe(404);
      expect((await refusal(admin, 'PATCH', `${PATH}/${id}`, { label: 'x' }))[0]).toBe(404);
      expect((await refusal(admin, 'DELETE', `${PATH}/${id}`))[0]).toBe(404);
      expect((await refusal(admin, 'POST', `${PATH}/${id}/rotate`, {}))[0]).toBe(404);
    }
    const ids = (await t.request('GET', `${PATH}?limit=100`, { key: admin })).body.data.map((key: any) => key.id);
    expect(ids).not.toContain(foreign.id);
    expect(ids).not.toContain(live.id);
  });

  it('that ends makes no key that outlives it, and cannot move its own end', async () => {
    const end = new Date(t.clock.now().getTime() + HOUR);
    const { key, token } = await minter([], { expiresAt: end });
    const { key: endless } = await minter([]);
    const body = { label: 'x', permissions: ['keys:read'] };
    const denied = [403, 'PERMISSION_DENIED', 'expires_at'];

    expect(await refusal(token, 'POST', PATH, body)).toEqual(denied);
    expect(await refusal(token, 'PATCH', `${PATH}/${key.id}`, { expires_at: null })).toEqual(denied);
    expect(await refusal(token, 'POST', `${PATH}/${endless.id}/rotate`, {})).toEqual(denied);
    const allowed = await t.request('POST', PATH, { key: token, body: { ...body, expires_at: end.toISOString() } });
    expect(allowed.status).toBe(201);
  });

  it('that signs makes no key that does not', async () => {
    const made = await minter([], { requireSignature: true });
    const send = (body: object) => {
      const seconds = String(t.clock.now().getTime() / 1000);
      const text = Buffer.from(JSON.stringify(body));
      const signed = { method: 'POST', path: `/itpay${PATH}`, idempotencyKey: JSON.stringify(body), body: text };
      const signature = signatureHeader(made.signingSecret!, seconds, signed);
      return t.request('POST', PATH, {
        key: made.token,
        idempotencyKey: signed.idempotencyKey,
        body,
        headers: { 'itpay-signature': signature },
      });
    };

    const refused = await send({ label: 'x', permissions: ['keys:read'] });
    const allowed = await send({ label: 'x', permissions: ['keys:read'], require_signature: true });

    expect(refused.body.error).toMatchObject({ code: 'PERMISSION_DENIED', param: 'require_signature' });
    expect(allowed.body.signing_secret).toMatch(/^itpay_sig_[\w-]{43}$/);
  });

  it('that is bound to addresses makes no key that is not, and cannot unbind itself', async () => {
    const { key, token } = await minter([], { ipAllowlist: ['10.0.0.0/8'] });
    const { key: free } = await minter([]);
    const send = async (method: string, url: string, body: object) => {
      const answer = await from('10.1.1.1', token, {
        method,
        url,
        body,
        headers: { 'idempotency-key': url + JSON.stringify(body) },
      });
      return answer.body.error?.param ?? answer.status;
    };
    const body = { label: 'x', permissions: ['keys:read'] };

    expect(await send('POST', PATH, body)).toBe('ip_allowlist');
    expect(await send('POST', PATH, { ...body, ip_allowlist: ['10.1.0.0/16', '11.0.0.1'] })).toBe('ip_allowlist');
    expect(await send('PATCH', `${PATH}/${key.id}`, { ip_allowlist: [] })).toBe('ip_allowlist');
    expect(await send('POST', `${PATH}/${free.id}/rotate`, {})).toBe('ip_allowlist');
    expect(await send('POST', PATH, { ...body, ip_allowlist: ['10.1.0.0/16'] })).toBe(201);
  });

  it('whose scopes were taken away a moment ago has them no more, whatever the gateway remembers', async () => {
    const { key, token } = await minter(['payments:write']);
    expect(await codeOf(token)).toBe('PERMISSION_DENIED');
    await t.pay
      .knex('itpay.api_keys')
      .where({ id: key.id })
      .update({ scopes: ['keys:write'] });

    expect(await refusal(token, 'POST', PATH, { label: 'x', permissions: ['payments:write'] })).toEqual([
      403,
      'PERMISSION_DENIED',
      ['payments:write'],
    ]);
  });

  it('rotates and revokes itself', async () => {
    const { key, token } = await minter([], { expiresAt: new Date(t.clock.now().getTime() + HOUR) });

    const rotated = await t.request('POST', `${PATH}/${key.id}/rotate`, { key: token, body: {} });
    const gone = await t.request('DELETE', `${PATH}/${rotated.body.id}`, { key: rotated.body.secret });

    expect([rotated.status, gone.status]).toEqual([201, 204]);
    expect(await codeOf(rotated.body.secret)).toBe('API_KEY_REVOKED');
  });
});

it('refuses a key from elsewhere, and where the address cannot be seen', async () => {
  const { token } = await newKey({ ipAllowlist: ['203.0.113.0/24'] });

  const allowed = await from('::ffff:203.0.113.9', token);
  const refused = await from('198.51.100.1', token);

  expect(allowed.status).toBe(200);
  expect([refused.status, refused.body.error.code]).toEqual([403, 'IP_NOT_ALLOWED']);
  expect(await codeOf(token)).toBe('IP_NOT_ALLOWED');
});

describe('A signed request', () => {
  const sign = (secret: string, method: string, path: string, body: string, seconds: number) =>
    signatureHeader(secret, String(seconds), {
      method,
      path: `/itpay${path}`,
      idempotencyKey: method === 'GET' ? '' : 'signed',
      body: Buffer.from(body),
    });

  it('passes once', async () => {
    const { token, signingSecret } = await newKey({ requireSignature: true });
    const body = '{"amount":{"currency":"THB","value":100}}';
    const send = (signature?: string) =>
      t.request('POST', '/v1/payment-intents', {
        key: token,
        idempotencyKey: 'signed',
        body,
        ...(signature !== undefined && { headers: { 'itpay-signature': signature } }),
      });
    const seconds = t.clock.now().getTime() / 1000;
    const signature = sign(signingSecret!, 'POST', '/v1/payment-intents', body, seconds);

    const [unsigned, first, replay] = [await send(), await send(signature), await send(signature)];
    const signedAgain = await send(sign(signingSecret!, 'POST', '/v1/payment-intents', body, seconds + 0.5));

    expect(unsigned.body.error.code).toBe('SIGNATURE_INVALID');
    expect(first.status).toBe(201);
    expect([replay.status, replay.body.error.code]).toEqual([401, 'SIGNATURE_INVALID']);
    expect(signedAgain.body.id).toBe(first.body.id);
    const stored = JSON.stringify(await t.pay.knex('itpay.api_keys').select());
    expect(stored).not.toContain(signingSecret);
  });

  it('is a read too, with an empty body and no idempotency key', async () => {
    const { token, signingSecret } = await newKey({ requireSignature: true });
    const seconds = t.clock.now().getTime() / 1000;
    const signature = sign(signingSecret!, 'GET', '/v1/payment-intents?limit=1', '', seconds);
    const read = (path: string) => t.request('GET', path, { key: token, headers: { 'itpay-signature': signature } });

    expect((await read('/v1/payment-intents')).status).toBe(401);
    expect((await read('/v1/payment-intents?limit=1')).status).toBe(200);
  });

  it('leaves a trace only for as long as its time would let it through', async () => {
    const { key, token, signingSecret } = await newKey({ requireSignature: true });
    const signature = sign(signingSecret!, 'GET', '/v1/payment-intents', '', t.clock.now().getTime() / 1000);
    await t.request('GET', '/v1/payment-intents', { key: token, headers: { 'itpay-signature': signature } });
    const traces = async () => (
      await t.settle(),
      (await t.pay.knex('itpay.signature_nonces').where({ key: key.id })).length
    );

    const before = await traces();
    t.clock.advance('5m');
    const during = await traces();
    t.clock.advance('3m');

    expect([before, during, await traces()]).toEqual([1, 1, 0]);
  });
});

// The embedded database has one process.
if (backend() === 'postgres') {
  it('is forgotten in another process as soon as that one hears of it', async () => {
    const { url } = await freshDatabase();
    const open = async () => {
      const pay = await createItPay({
        publicUrl: 'https://shop.example/itpay',
        account: 'Two Processes',
        mode: 'test',
        database: url,
        dataDir: await freshDirectory(),
        secretKey: 'a-secret-key-for-tests-that-is-long-enough',
        plugins: [promptpay({ target: '0812345678' })],
      });
      whenFileEnds(() => pay.stop());
      return pay;
    };
    const [here, there] = [await open(), await open()];
    const { key, token } = await here.keys.create({
      account: here.account.id,
      livemode: false,
      label: 'x',
      preset: 'merchant_full',
    });
    const ask = async () =>
      (
        await there.fetch(
          new Request('https://shop.example/itpay/v1/payment-intents', {
            headers: { authorization: `Bearer ${token}` },
          }),
        )
      ).status;
    expect(await ask()).toBe(200);

    await here.keys.revoke(key.id);

    await expect.poll(ask, { timeout: 8_000, interval: 100 }).toBe(401);
  });
}
