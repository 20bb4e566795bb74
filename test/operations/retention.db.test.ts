import { secretsFrom } from '@itpay/kernel';
import { expect, it } from 'vitest';
import { testPayWithRail } from '../support/fake-rail.js';
import { tablesWith } from '../scenarios/tables.js';

const secretKey = 'a-secret-key-for-tests-that-is-long-enough';

async function shop() {
  const blobs = new Map<string, Uint8Array>();
  const blobStore = {
    put: async (key: string, bytes: Uint8Array) => void blobs.set(key, bytes),
    get: async (key: string) => blobs.get(key) ?? null,
    delete: async (key: string) => void blobs.delete(key),
  };
  const t = await testPayWithRail({ now: undefined }, { blobStore });
  const rows = async (): Promise<any[]> =>
    (await t.pay.knex.raw('select * from itpay.notifications order by received_at, id')).rows;
  const paid = async () => {
    const { body } = await t.create({ confirm_duplicate: true });
    await t.rail.pay(body.qr.qr_data);
    const [callback] = await t.rail.callbacks();
    await t.deliver();
    return { id: body.id as string, raw: callback!.body };
  };
  return { ...t, blobs, rows, paid };
}

it('keeps the body of a notification for 90 days, sealed, and the row for ever', async () => {
  const t = await shop();
  const { raw } = await t.paid();

  const [kept] = await t.rows();
  expect(secretsFrom([secretKey]).open('notification', kept.sealed_body).toString()).toBe(String(raw));
  expect(await tablesWith(t.pay.knex, Buffer.from(raw).toString('hex').slice(0, 60))).toEqual([]);

  t.clock.advance('89d');
  await t.paid(); // a live one, beside the old one
  await t.settle();
  expect((await t.rows()).map(({ sealed_body }) => sealed_body !== null)).toEqual([true, true]);

  t.clock.advance('2d');
  await t.settle();
  const [old, young] = await t.rows();
  expect([old.sealed_body, old.body_at]).toEqual([null, null]);
  expect(old).toMatchObject({ state: 'processed', event_key: kept.event_key, body_digest: kept.body_digest });
  expect(young.sealed_body).not.toBeNull();
});

it('recognises a repeated notification after its body has gone', async () => {
  const t = await shop();
  const { body } = await t.create();
  await t.rail.pay(body.qr.qr_data);
  const again = await t.rail.callbacks();
  await t.deliver();
  const inflows = async () => (await t.pay.knex.raw('select count(*)::int as n from itpay.inflows')).rows[0].n;

  t.clock.advance('91d');
  await t.settle();
  const [{ url, headers, body: bytes }] = again as [(typeof again)[0]];
  const answer = await t.pay.fetch(new Request(url, { method: 'POST', headers, body: bytes }));

  expect([answer.status, await inflows(), (await t.rows())[0].sealed_body]).toEqual([200, 1, null]);
});

it('deletes the image of a code a day after its payment closed, and keeps that of a live one', async () => {
  const t = await shop();
  const { body: closing } = await t.create({ confirm_duplicate: true });
  const { body: open } = await t.create({ confirm_duplicate: true, expires_in: 6 * 86_400 });
  const draw = (charge: string) => t.request('GET', `/v1/qr-charges/${charge}/image.png`);
  await draw(closing.qr.charge_id);
  await draw(open.qr.charge_id);
  const kept = () => [closing, open].map(({ qr }) => t.blobs.has(`qr/${qr.charge_id}.png`));
  await t.request('POST', `/v1/payment-intents/${closing.id}/cancel`, { body: {} });
  await t.settle();

  expect((await draw(closing.qr.charge_id)).status).toBe(410);
  t.clock.advance('23h');
  await t.settle();
  expect(kept()).toEqual([true, true]);

  t.clock.advance('2h');
  await t.settle();
  expect(kept()).toEqual([false, true]);
});
