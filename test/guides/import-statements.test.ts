import { execFile } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createItPay } from 'itpay';
import { describe, expect, it } from 'vitest';
import { root } from '../../tools/workspaces.mjs';
import { DOUBTS } from '../../packages/payment/src/statement/decide-row.js';
import { ROW_OUTCOMES } from '../../packages/payment/src/statement/statement.js';
import { camt } from '../statements/files.js';
import { whenFileEnds } from '../support/cleanup.js';
import { freshDirectory } from '../support/database.js';
import { blocksOf, linksContract, read } from './pages.js';

const GUIDE = 'docs/guides/import-statements.md';
const COMMAND = join(root, 'packages/itpay/dist/cli/main.js');
const blocks = blocksOf(GUIDE).map(({ code }) => code);
const blockWith = (text: string) => blocks.find((code) => code.includes(text))!;

linksContract(GUIDE);

it('names every outcome of a row and every doubt', () => {
  const guide = read(GUIDE);

  for (const word of [...ROW_OUTCOMES, ...DOUBTS]) expect(guide).toContain(`\`${word}\``);
});

describe('the commands and the code of the guide', () => {
  it('bring a statement', async () => {
    const cwd = await freshDirectory();
    await symlink(join(root, 'node_modules'), join(cwd, 'node_modules'));
    await writeFile(join(cwd, 'itpay.config.mjs'), blockWith('export default'));
    await writeFile(join(cwd, 'november.xml'), camt([{ cents: 500, text: 'a gift' }]));
    const [, ...args] = blockWith('itpay statements import').trim().split(' ');

    const env = { ...process.env, DATABASE_URL: '', ITPAY_SECRET_KEY: '', NODE_OPTIONS: '' };
    const { stdout } = await promisify(execFile)(process.execPath, [COMMAND, ...args], { cwd, env });

    expect(stdout).toMatch(/^stm_\w+ is finished: 1 row, 1 needs_match\./);

    await writeFile(
      join(cwd, 'november.xml'),
      camt([{ cents: 500, text: 'a gift' }])
        .toString()
        .replace('5.00', '5,00'),
    );
    const refused = await promisify(execFile)(process.execPath, [COMMAND, ...args], { cwd, env }).catch(
      (error: unknown) => error,
    );

    expect(refused).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(/STATEMENT_INVALID.*line \d/) });
  });

  it('read a table as it is described there', async () => {
    const cwd = await freshDirectory();
    await symlink(join(root, 'node_modules'), join(cwd, 'node_modules'));
    const config = join(cwd, 'itpay.config.mjs');
    await writeFile(config, blockWith('export default'));
    const { plugins } = ((await import(/* @vite-ignore */ config)) as any).default;
    const pay = await createItPay({ publicUrl: 'https://shop.example/itpay', dataDir: join(cwd, 'data'), plugins });
    whenFileEnds(() => pay.stop());
    const intent = await pay.payments.createIntent({
      amount: { currency: 'THB', value: 19_900 },
      channel: 'promptpay',
    });
    await writeFile(
      join(cwd, 'table.csv'),
      `Date,Deposit,Withdrawal,Transaction,Description\n02/11/2026 14:30,199.00,,N1,REF1 ${intent.channelReference}\n`,
    );

    const { statement } = await pay.payments.importStatement({
      channel: 'promptpay',
      name: 'table.csv',
      file: createReadStream(join(cwd, 'table.csv')),
    });

    expect(statement.counts).toMatchObject({ rows: 1, booked: 1 });
    expect((await pay.payments.getIntent(intent.id)).status).toBe('succeeded');
    const shown = blockWith('importStatement').replaceAll(/\s+/g, ' ');
    for (const part of ['pay.payments.importStatement({', 'file: createReadStream(', 'name:', 'channel:']) {
      expect(shown).toContain(part);
    }
  });
});
