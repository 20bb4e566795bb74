import { bankTransfer } from '@itpay/channel-bank-transfer';
import { expect, it } from 'vitest';
import { backend } from '../support/database.js';
import { freshStore, testPay } from '../support/pay.js';
import { camt, type Line } from './files.js';
import { shopByTransfer } from './shop.js';

it('books each line once when several bring the same and overlapping files at once', async () => {
  const store = await freshStore();
  const shop = await shopByTransfer(store);
  // Only a server has room for two processes.
  const second = backend() === 'postgres' ? await testPay({ ...store, plugins: [bankTransfer()] }) : shop;
  const payments = [];
  for (let n = 0; n < 8; n += 1) payments.push(await shop.opened(1_000 + n));
  const lines: Line[] = payments.flatMap(({ order }, n) => [
    { cents: 1_000 + n, order, bankReference: `P${n}` },
    { cents: 100 + n, text: 'a gift', bankReference: `G${n}` },
    { cents: 10 + n, out: true, text: 'a bill', bankReference: `D${n}` },
  ]);
  const files = [
    camt(lines, { id: 'S1' }),
    camt(lines.toReversed(), { id: 'S2' }),
    camt(lines.slice(8), { id: 'S3', kind: '054' }),
    camt(lines.slice(0, 17), { id: 'S4', kind: '054' }),
  ];
  const host = ({ pay }: { pay: typeof shop.pay }) => pay.payments;

  const imported = await Promise.all(
    files.flatMap((file) =>
      [host(shop), host(second)].map((payments_) => payments_.importStatement({ channel: 'bank_transfer', file })),
    ),
  );

  for (const { statement } of imported) expect(statement.status).toBe('finished');
  expect(new Set(imported.map(({ statement }) => statement.id)).size).toBe(4);
  const inflows = await shop.table('inflows');
  expect(inflows.filter(({ status }) => status === 'applied')).toHaveLength(8);
  expect(inflows.filter(({ status }) => status === 'needs_match')).toHaveLength(8);
  expect(inflows).toHaveLength(16);
  expect(await shop.table('statement_rows')).toHaveLength(24);
  for (const { id } of payments) expect((await shop.intent(id)).status).toBe('succeeded');
  const told = await shop.table('statements');
  const sum = (name: string) => told.reduce((total, { counts }) => total + counts[name], 0);
  expect([sum('booked'), sum('needs_match'), sum('noted')]).toEqual([8, 8, 8]);
});
