import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bankTransfer } from '@itpay/channel-bank-transfer';
import { testInstance } from '@itpay/testkit';
import { createItPay } from 'itpay';
import { expect, it } from 'vitest';
import { whenFileEnds } from '../support/cleanup.js';
import { freshDatabase, freshDirectory, postgresNeed } from '../support/database.js';
import { describeNeeding } from '../support/needs.js';
import { camt, type Line } from './files.js';
import { shopOf } from './shop.js';

const CHILD = fileURLToPath(new URL('child.mjs', import.meta.url));

describeNeeding(postgresNeed(), 'an import that is killed', () => {
  it('goes on where a process was killed, and books each line once', { timeout: 240_000 }, async () => {
    const { url: database } = await freshDatabase();
    const dataDir = await freshDirectory();
    const secretKey = 'a-secret-key-for-tests-that-is-long-enough';
    const instance = await testInstance(createItPay, {
      plugins: [bankTransfer()],
      database,
      dataDir,
      secretKey,
      work: false,
    });
    whenFileEnds(() => instance.stop());
    const shop = await shopOf(instance);
    const payments = [];
    for (let n = 0; n < 20; n += 1) payments.push(await shop.opened(1_000 + n));
    const lines: Line[] = payments.flatMap(({ order }, n) => [
      { cents: 1_000 + n, order, bankReference: `P${n}` },
      { cents: 100 + n, text: 'a gift', bankReference: `G${n}` },
      { cents: 10 + n, out: true, text: 'a bill', bankReference: `D${n}` },
    ]);
    const bytes = camt(lines);
    const file = join(dataDir, 'statement.xml');
    await writeFile(file, bytes);
    const inflowsAfter: number[] = [];

    for (const dieAt of [2, 40, 101, 70]) {
      expect(await runChild({ database, file, dieAt })).toBe('SIGKILL');
      inflowsAfter.push((await shop.table('inflows')).length);
      // What is booked is written down, and the reverse.
      const rows = (await shop.table('statement_rows')).filter(({ inflow_id }) => inflow_id !== null);
      expect(rows).toHaveLength(inflowsAfter.at(-1)!);
    }
    // The kills fell before, in the middle of, and long after the first rows, and each process came further.
    expect(inflowsAfter[0]).toBe(0);
    expect(inflowsAfter.at(-1)).toBeGreaterThan(5);
    expect(inflowsAfter.at(-1)).toBeLessThan(40);
    expect(inflowsAfter.toSorted((a, b) => a - b)).toEqual(inflowsAfter);

    const { body, status } = await shop.bring(bytes);

    expect(status).toBe(200);
    expect(body).toMatchObject({
      status: 'finished',
      counts: { rows: 60, booked: 20, needs_match: 20, noted: 20, known: 0 },
    });
    expect(await shop.table('inflows')).toHaveLength(40);
    for (const { id } of payments) expect((await shop.intent(id)).status).toBe('succeeded');
  });
});

async function runChild(task: object): Promise<NodeJS.Signals | null> {
  const child = spawn(process.execPath, [CHILD, JSON.stringify(task)], {
    env: { ...process.env, NODE_OPTIONS: '' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  if (signal === null) throw new Error(`The child ended with ${code}: ${errors}`);
  return signal;
}
