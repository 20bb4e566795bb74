import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { installation, itpay, server, type RunningServer } from '../command-line/itpay.js';

const today = new Date().toISOString().slice(0, 10);
const DAYS = ['--from', today, '--to', today];

describe('without a server', () => {
  let cwd: string;
  beforeAll(async () => {
    cwd = await installation();
    await itpay(['trigger', 'payment_intent.succeeded'], cwd);
  });
  const run = (...args: string[]) => itpay(args, cwd);

  it('a report is written to a file, once, for its owner alone', async () => {
    const create = () => run('reports', 'create', '--type', 'transactions', ...DAYS, '-o', 'today.csv');

    const first = await create();
    const again = await create();

    expect(first).toMatchObject({ code: 0, out: '' });
    expect(first.err).toMatch(/^rpt_\w+ has 1 rows\.\nWritten to today\.csv\.\n$/);
    expect(await readFile(join(cwd, 'today.csv'), 'utf8')).toMatch(/^payment_intent_id,.*\r\npi_\w+,.*\r\n$/);
    expect((await stat(join(cwd, 'today.csv'))).mode & 0o777).toBe(0o600);
    expect(again).toMatchObject({
      code: 1,
      err: expect.stringContaining('today.csv was not written: it is there already'),
    });
  });

  it('a report is printed, found in the list, and fetched again', async () => {
    const { out } = await run('reports', 'create', '--type', 'settlements', ...DAYS, '--format', 'json');
    const [id] = /rpt_\w+/.exec((await run('reports', 'list', '--type', 'settlements')).out)!;

    const again = await run('reports', 'download', id);

    expect(JSON.parse(out)).toMatchObject({ type: 'settlements', totals: [{ payments: 1 }] });
    expect(again.out).toBe(out);
  });

  it.each([
    [['reports', 'create', '--type', 'taxes', ...DAYS], 1, 'type'],
    [['reports', 'create', '--type', 'fees', '--from', today], 2, '--to'],
    [['reports', 'download', 'rpt_06b2m6vk0dtf5d5cq0m3vz8x5g'], 1, 'REPORT_NOT_FOUND'],
    [['refund-files', 'create', '--channel', 'promptpay'], 1, 'has no file for refunds'],
  ])('%j says what is wrong', async (args, code, says) => {
    const result = await run(...args);

    expect(result).toMatchObject({ code, out: '', err: expect.stringContaining(says) });
  });
});

describe('with a server', () => {
  let running: RunningServer;
  beforeAll(async () => {
    running = await server();
  });

  it('a report is written by the server, and fetched from the address that the command was given', async () => {
    await itpay(['trigger', 'payment_intent.succeeded'], running.directory, running.env);

    const args = ['reports', 'create', '--type', 'transactions', ...DAYS];
    const { code, out } = await itpay(args, running.directory, running.env);

    expect(code).toBe(0);
    expect(out).toMatch(/^payment_intent_id,.*\r\npi_\w+,.*\r\n$/);
  });
});
