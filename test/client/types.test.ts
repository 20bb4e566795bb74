import { execFile } from 'node:child_process';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { TYPES, typesOf } from '../../packages/client/tools/types-of.mjs';
import { root } from '../../tools/workspaces.mjs';
import { freshDirectory } from '../support/database.js';
import { servedAlone } from './server.js';

const run = promisify(execFile);

let house: Awaited<ReturnType<typeof servedAlone>>;
let document: any;
beforeAll(async () => {
  house = await servedAlone();
  document = await (await fetch(`${house.baseUrl}/v1/openapi.json`)).json();
});

it('the types of the client are those of the API', async () => {
  const kept = await readFile(join(root, TYPES), 'utf8');

  expect((await typesOf(document)) === kept, 'The API has changed. Run: npm run client:types').toBe(true);
});

// A merchant's program. It is compiled against the package as it is published.
const PROGRAM = `
import {
  ItPay, ItPayApiError, responseOf, memoryJournal, memoryStore, isTruncated,
  type AnyEvent, type Consumer, type ConsumerStore, type Journal, type PaymentIntent, type Refund,
} from '@itpay/client';

const client = new ItPay({ apiKey: 'k', baseUrl: 'https://shop.example', journal: memoryJournal() as Journal });

export async function work(signal: AbortSignal): Promise<string> {
  const intent: PaymentIntent = await client.paymentIntents.create(
    { amount: { currency: 'THB', value: 1 }, metadata: { cart: 'c' } },
    { idempotencyKey: 'k', signal },
  );
  const status: number | undefined = responseOf(intent)?.status;
  const refund: Refund = await client.refunds.create({ payment_intent_id: intent.id });
  for await (const one of client.refunds.list({ status: 'succeeded' })) one.amount.value.toFixed(status);
  const nothing: undefined = await client.apiKeys.delete('key_1');
  const png: Uint8Array = await client.qr.image('qr_1');
  const page = await client.request('GET', '/v1/payment-intents', { query: { limit: 2 } });
  const text: string | undefined = page.data[0]?.qr?.qr_data;
  const report: Uint8Array = await client.request('GET', '/v1/reports/{id}/file', { path: { id: 'rpt_1' } });

  // @ts-expect-error an amount has a currency
  await client.paymentIntents.create({ amount: { value: 1 } });
  // @ts-expect-error there is no such status
  client.refunds.list({ status: 'paid' });
  // @ts-expect-error there is no such route
  await client.request('GET', '/v1/nothing', {});
  // @ts-expect-error a route whose path has an id needs it
  await client.request('GET', '/v1/refunds/{id}', {});
  // @ts-expect-error a statement is of a channel
  await client.request('POST', '/v1/statements', { body: 'a;b' });
  // @ts-expect-error wire names
  const wrong = intent.amountCaptured;
  return [nothing, png.length, text, refund.id, report.length, wrong].join();
}

export function read(event: AnyEvent): string | number {
  if (isTruncated(event.data.object)) return event.data.object.id;
  if (event.type === 'refund.succeeded') return event.data.object.amount.value;
  if (event.type === 'payment_intent.succeeded') {
    // @ts-expect-error events hold no QR code
    event.data.object.qr;
    return event.data.object.order_reference ?? '';
  }
  return event.sequence;
}

interface Trx { query(sql: string): Promise<unknown> }
export function consume(store: ConsumerStore<Trx>): Consumer<Trx> {
  return client.webhooks.consumer({
    store,
    handlers: {
      'payment_intent.succeeded': async ({ data }, { tx, stale }) => {
        if (!stale) await tx.query(data.object.id);
      },
      'custom.shop.opened': ({ data }) => data.object.id,
      '*': (event) => console.log(event.type),
      // @ts-expect-error there is no such event
      'payment_intent.payed': () => {},
    },
  });
}
export const plain: Consumer = client.webhooks.consumer({ store: memoryStore(), handlers: {} });
export const answer: Promise<Response> = plain.fetch(new Request('https://shop.example'));
export const code = (error: unknown): string => (error instanceof ItPayApiError ? error.code : '');
declare const console: { log(text: string): void };
`;
const NODE_PROGRAM = `
import { createServer } from 'node:http';
import { fileJournal, toNodeHandler } from '@itpay/client/node';

export const shop = new ItPay({ journal: fileJournal('./journal') });
createServer(toNodeHandler(plain)).listen(0);
`;

describe('a program compiles strictly against what is published', () => {
  it.each([
    [
      'in a browser',
      PROGRAM,
      { lib: ['es2022', 'es2023.array', 'dom', 'dom.iterable', 'dom.asynciterable'], types: [] },
    ],
    [
      'in Node',
      PROGRAM.replace(/^declare const console.*\n/m, '') + NODE_PROGRAM,
      { lib: ['es2023'], types: ['node'] },
    ],
  ])('%s', async (_, program, platform) => {
    const folder = await freshDirectory();
    await mkdir(join(folder, 'node_modules/@itpay'), { recursive: true });
    for (const name of ['client', 'core'])
      await symlink(join(root, 'packages', name), join(folder, 'node_modules/@itpay', name));
    await symlink(join(root, 'node_modules/@types'), join(folder, 'node_modules/@types'));
    await symlink(join(root, 'node_modules/undici-types'), join(folder, 'node_modules/undici-types'));
    await writeFile(join(folder, 'package.json'), '{"type":"module"}');
    await writeFile(join(folder, 'program.ts'), program);
    const strictly = { strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true };
    const compilerOptions = { ...strictly, module: 'nodenext', target: 'es2022', noEmit: true, skipLibCheck: false };
    const options = { compilerOptions: { ...compilerOptions, ...platform }, files: ['program.ts'] };
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(options));

    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const result = await run(process.execPath, [tsc, '-p', folder], { cwd: folder }).catch((error: Error) => error);

    expect('stdout' in result ? result.stdout : result).toBe('');
  });
});

/** What the types leave out of events. */
const NOT_IN_EVENTS: Record<string, string[]> = {
  payment_intent: ['qr', 'operation', 'next_action', 'duplicate_of_existing', 'pay_url'],
  qr_charge: ['qr_data', 'qr_image_url', 'qr_image_svg_url', 'instructions'],
  refund: ['operation', 'next_action', 'duplicate_of_existing'],
  report: ['download_url'],
};

it('the objects of events have what their types say', async () => {
  const client = house.client();
  const amount = { currency: 'THB', value: 5_000 };
  const create = (order_reference: string) => client.paymentIntents.create({ amount, order_reference });
  const [paid, voided, unmatched] = [await create('e1'), await create('e2'), await create('e3')];
  await client.testHelpers.simulate(paid.id, { event: 'paid' });
  await client.refunds.create({ payment_intent_id: paid.id });
  await client.voids.create({ target_type: 'payment_intent', target_id: voided.id });
  await client.testHelpers.simulate(unmatched.id, { event: 'underpaid' });
  const key = await client.apiKeys.create({ label: 'reader', permissions: ['payments:read'] });
  await client.apiKeys.delete(key.id);
  await client.webhookEndpoints.create({ url: 'https://shop.example/hooks', enabled_events: ['*'] });
  await client.reports.create({ type: 'transactions', format: 'csv', from: '2026-11-01', to: '2026-11-02' });

  const families = ['payment_intent', 'qr_charge', 'inflow', 'refund', 'void', 'api_key', 'webhook_endpoint', 'report'];
  const schemaOf = (object: string) =>
    Object.values<any>(document.components.schemas).find(
      ({ properties }) => properties?.object?.const === object && properties.secret === undefined,
    );
  const seen = async () => {
    const found: { family: string; missing: string[]; strange: string[] }[] = [];
    for await (const { type, data } of client.events.list({ limit: 100 })) {
      const object = data.object as { object: string };
      const { properties, required } = schemaOf(object.object);
      const left = NOT_IN_EVENTS[object.object] ?? [];
      found.push({
        family: type.split('.')[0]!,
        missing: required.filter((name: string) => !left.includes(name) && !(name in object)),
        strange: Object.keys(object).filter((name) => left.includes(name) || !(name in properties)),
      });
    }
    return found;
  };

  await expect
    .poll(async () => [...new Set((await seen()).map(({ family }) => family))].toSorted(), { timeout: 30_000 })
    .toEqual(families.toSorted());
  expect((await seen()).filter(({ missing, strange }) => missing.length + strange.length > 0)).toEqual([]);
});
