import { execFile } from 'node:child_process';
import { cpSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { root } from '../../tools/workspaces.mjs';
import { freshDatabase, freshDirectory, postgresNeed } from '../support/database.js';
import { describeNeeding } from '../support/needs.js';
import { freePort, startProcess } from '../support/process.js';
import { MALI, openShop, STAFF, visitor } from './shop.js';

const EXAMPLE = join(root, 'examples/shop-express');
const run = promisify(execFile);

interface Change {
  readonly file: string;
  readonly before: string;
  readonly after: string;
}

/** The changes that the README shows, each with the lines around it. */
function changesIn(readme: string): Change[] {
  const [, diff = ''] = /^```diff\n([\s\S]*?)^```$/m.exec(readme) ?? [];
  return diff.split(/^--- /m).flatMap((part) => {
    const [file = '', , ...lines] = part.split('\n');
    const hunks = lines.join('\n').split(/^@@\n/m).slice(1);
    const side = (hunk: string, sign: string) =>
      hunk
        .trimEnd()
        .split('\n')
        .filter((line) => !line.startsWith(sign))
        .map((line) => `${line.slice(1)}\n`)
        .join('');
    return hunks.map((hunk) => ({ file, before: side(hunk, '+'), after: side(hunk, '-') }));
  });
}

/** The shop as it was: the README's changes taken back, and the new folder gone. */
async function shopBefore(): Promise<{ directory: string; source: string }> {
  const directory = await freshDirectory();
  for (const name of ['src', 'public']) cpSync(join(EXAMPLE, name), join(directory, name), { recursive: true });
  rmSync(join(directory, 'src/payments'), { recursive: true });
  for (const { file, before, after } of changesIn(readFileSync(join(EXAMPLE, 'README.md'), 'utf8'))) {
    const path = join(directory, file);
    const parts = readFileSync(path, 'utf8').split(after);
    expect(parts, `the README’s change of ${file} is in the code, once:\n${after}`).toHaveLength(2);
    writeFileSync(path, parts.join(before));
  }
  symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'));
  writeFileSync(join(directory, 'package.json'), JSON.stringify({ type: 'module' }));
  const composite = { composite: false, incremental: false, noUnusedLocals: true, rootDir: 'src', outDir: 'dist' };
  const tsconfig = { extends: join(root, 'tsconfig.base.json'), compilerOptions: composite, include: ['src'] };
  writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify(tsconfig));
  const files = readdirSync(join(directory, 'src'));
  return { directory, source: files.map((name) => readFileSync(join(directory, 'src', name), 'utf8')).join('\n') };
}

it('takes every change to the shop into the README: without them nothing of ItPay is left', async () => {
  const { source } = await shopBefore();

  expect(source.match(/.*(itpay|payments?\b).*/gi)).toBeNull();
});

it('starts in an empty folder without a database server, takes an order, and stops when it is told to', async () => {
  const port = await freePort();
  const shop = await startProcess(process.execPath, [join(EXAMPLE, 'dist/main.js')], {
    cwd: await freshDirectory(),
    env: { DATABASE_URL: '', ITPAY_SECRET_KEY: '', PORT: String(port), SHOP_URL: '', HOST: '', LOG_LEVEL: 'warn' },
    readyWhen: /Ctrl\+C/,
  });
  const [, email = '', password = ''] = /(mali@\S+) +(\S+)/.exec(shop.stdout.join('\n'))!;
  const mali = visitor(`http://localhost:${port}`);
  await mali.signIn({ email, password });

  const intent = await mali.order();
  const { text } = await mali.get('/orders/DR-1001');
  const [, key = ''] = /name="key" value="([^"]+)"/.exec(text)!;
  await mali.post('/orders/DR-1001/test-payer', { key, event: 'paid' });

  expect((await mali.get('/orders/DR-1001')).text).toMatch(/Paid\. Thank you!/);
  expect(intent).toMatch(/^pi_/);
  expect((await shop.kill()).code).toBe(0);
  expect(shop.stderr).toEqual([]);
});

describeNeeding(postgresNeed(), 'The shop before ItPay', () => {
  it('compiles, sells for cash, and has its old orders paid by QR code once ItPay is mounted', async () => {
    const [{ directory }, { url: databaseUrl }, port] = await Promise.all([shopBefore(), freshDatabase(), freePort()]);
    await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', directory]);
    const env = { DATABASE_URL: databaseUrl, PORT: String(port), SHOP_URL: '', HOST: '' };
    const before = await startProcess(process.execPath, [join(directory, 'dist/main.js')], {
      env,
      readyWhen: /Ctrl\+C/,
    });
    const [mali, staff] = [visitor(`http://localhost:${port}`), visitor(`http://localhost:${port}`)];
    await Promise.all([mali.signIn(MALI), staff.signIn(STAFF)]);
    const buy = async () => {
      await mali.post('/cart', { product: 'doi-chang' });
      return (await mali.post('/checkout')).location!;
    };
    const [cash, open] = [await buy(), await buy()];
    await staff.post(`/staff${cash}/paid-in-cash`);
    expect((await mali.get(cash)).text).toContain('data-status="paid"');
    expect((await before.kill()).code).toBe(0);

    const shop = await openShop({ databaseUrl });
    const back = visitor(shop.url);
    await back.signIn(MALI);
    expect((await back.get(cash)).text).toContain('You paid at the counter.');
    const { location } = await back.post(`${open}/pay`, { method: 'promptpay' });
    await shop.payer(/pi_\w+/.exec(location!)![0], 'paid');

    expect((await back.get(open)).text).toMatch(/data-status="paid"[^]*by\s+PromptPay/);
  });
});
