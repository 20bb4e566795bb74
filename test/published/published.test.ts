import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { beforeAll, describe, expect, it } from 'vitest';
import { readJson, root } from '../../tools/workspaces.mjs';
import { freshDirectory } from '../support/database.js';
import { startProcess } from '../support/process.js';
import { packAll, type Packed } from './pack.js';

// What somebody gets who installs ItPay from the registry: every package is packed, and all of them are installed in an
// empty project, which has no other way to them.

const run = promisify(execFile);

/** Of packages that do not start without them. */
const PEERS = ['knex', 'pg', 'express', 'koa', 'fastify', 'vitest', '@types/node', '@types/express'];
const VITEST_ONLY = '@itpay/testkit'; // its main entry declares tests, so only a test run can import it

let packages: readonly Packed[];
let project: string;
beforeAll(async () => {
  packages = await packAll(await freshDirectory());
  project = await freshDirectory();
  const { packages: locked } = readJson(join(root, 'package-lock.json'));
  const dependencies = {
    ...Object.fromEntries(packages.map(({ name, file }) => [name, `file:${file}`])),
    ...Object.fromEntries(PEERS.map((name) => [name, locked[`node_modules/${name}`].version])),
  };
  await write('package.json', JSON.stringify({ name: 'a-shop', private: true, type: 'module', dependencies }));
  await run('npm', ['install', '--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: project });
}, 240_000);

const write = (name: string, text: string) => writeFile(join(project, name), text);
const node = (...args: string[]) => run(process.execPath, args, { cwd: project });
const entriesOf = ({ name, entries }: Packed) => entries.map((entry) => join(name, entry));
const importable = () => packages.flatMap(entriesOf).filter((entry) => entry !== VITEST_ONLY);

describe('Every package', () => {
  it('brings its code, its types, its licence and a page to read, and nothing else', () => {
    const odd = packages.flatMap(({ name, files }) =>
      files
        .filter((file) => !/^(LICENSE|README\.md|package\.json|(dist|assets|templates|seed)\/.*)$/.test(file))
        .concat(
          files.filter((file) => /\.test\.|\.map$|tsbuildinfo|\/src\//.test(file) && !file.startsWith('templates/')),
        )
        .map((file) => `${name}: ${file}`),
    );
    const lacks = packages.flatMap(({ name, files }) =>
      ['LICENSE', 'README.md', 'dist/index.js', 'dist/index.d.ts']
        .filter((file) => !files.includes(file))
        .map((file) => `${name} lacks ${file}`),
    );

    expect([...odd, ...lacks]).toEqual([]);
  });

  // In kB, unpacked. A package that outgrows its line got heavier for everybody; say why when the line is moved.
  it('is no larger than it needs to be', () => {
    const limits: Readonly<Record<string, number>> = {
      '@itpay/data': 5_200, // the prepared database of the first start: 4.4 MB
      '@itpay/payment': 900,
      '@itpay/kernel': 500,
      '@itpay/gateway': 500,
      '@itpay/simulator': 500,
      '@itpay/testkit': 400,
      '@itpay/client': 400,
      '@itpay/channel-bank-transfer': 400,
      itpay: 400,
    };
    const large = packages
      .map(({ name, unpackedBytes }) => ({ name, kB: Math.ceil(unpackedBytes / 1_000), limit: limits[name] ?? 250 }))
      .filter(({ kB, limit }) => kB > limit);

    expect(large).toEqual([]);
  });

  it('is packed as publint wants it', async () => {
    const said: string[] = [];
    for (const { name, path } of packages) {
      const { messages, pkg } = await publint({ pkgDir: path, strict: true, pack: false });
      said.push(...messages.map((message) => `${name}: ${formatMessage(message, pkg!, { color: false })}`));
    }

    expect(said).toEqual([]);
  });

  it('has types that are found by whoever imports or requires it', async () => {
    const problems: string[] = [];
    for (const { name, file } of packages) {
      const analysis = await checkPackage(createPackageFromTarballData(new Uint8Array(await readFile(file))));
      if (analysis.types === false) problems.push(`${name}: no types`);
      else problems.push(...analysis.problems.filter(counts).map((problem) => `${name}: ${JSON.stringify(problem)}`));
    }

    expect(problems).toEqual([]);
  }, 120_000);

  it('is imported by ES modules', async () => {
    await write(
      'esm.mjs',
      importable()
        .map((name) => `await import('${name}');`)
        .join('\n'),
    );

    await node('esm.mjs');
  });

  it('is required by CommonJS', async () => {
    await write(
      'cjs.cjs',
      importable()
        .map((name) => `require('${name}');`)
        .join('\n'),
    );

    await node('cjs.cjs');
  });

  it('passes the strictest type check of a project that uses it', async () => {
    const all = packages.flatMap(entriesOf);
    const uses = all.map((name, index) => `import * as package${index} from '${name}';`).join('\n');
    await write('uses.ts', `${uses}\nexport default [${all.map((_, index) => `package${index}`).join(', ')}];\n`);
    await write('host.ts', HOST);
    await write('tsconfig.json', JSON.stringify({ compilerOptions: STRICT, files: ['uses.ts', 'host.ts'] }));

    const checked = await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', '.'], {
      cwd: project,
    }).catch((error: { stdout: string }) => error);

    expect(checked.stdout).toBe('');
  });
});

describe('Importing itpay', () => {
  it('loads no driver, host or adapter that was not asked for', async () => {
    await write('loader.mjs', LOADER);
    await write(
      'register.mjs',
      `import { register } from 'node:module';\nregister('./loader.mjs', import.meta.url);\n`,
    );
    await write('bare.mjs', `import 'itpay';\n`);

    const { stderr } = await node('--import', './register.mjs', 'bare.mjs');
    const loaded = new Set([...stderr.matchAll(/node_modules\/((?:@[\w-]+\/)?[\w.-]+)\//g)].map(([, name]) => name!));

    expect([...loaded]).toContain('@itpay/kernel');
    expect([...loaded].filter((name) => NOT_AT_START.test(name))).toEqual([]);
  });
});

describe('Who has installed it', () => {
  it('has the command', async () => {
    const { stdout } = await run(join(project, 'node_modules/.bin/itpay'), ['--help'], { cwd: project });

    expect(stdout).toContain('Usage: itpay');
  });

  it('takes a payment', async () => {
    await write('shop.mjs', SHOP);

    const shop = await startProcess(process.execPath, ['shop.mjs'], { cwd: project, readyWhen: /^paid: / });

    expect(shop.stdout.at(-1)).toBe('paid: succeeded, 199.00 THB');
    await shop.exited;
  });
});

/** An ES module is all that there is, and `require` of one works in every Node.js that is supported. */
const counts = ({ kind, ...where }: { kind: string; resolutionKind?: string }) =>
  kind !== 'CJSResolvesToESM' && where.resolutionKind !== 'node10';

const NOT_AT_START =
  /^(@electric-sql\/.*|@aws-sdk\/.*|ioredis|bullmq|express|koa|fastify|@itpay\/(?!core|kernel|data|gateway|payment|checkout|simulator|webhook).*)$/;

const STRICT = {
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  noEmit: true,
  module: 'NodeNext',
  target: 'ES2022',
  lib: ['ES2023', 'DOM'],
  types: ['node'],
  skipLibCheck: false,
};

const LOADER = `
import { writeSync } from 'node:fs';
export async function resolve(specifier, context, next) {
  const resolved = await next(specifier, context);
  writeSync(2, resolved.url + '\\n');
  return resolved;
}
`;

const HOST = `
import { promptpay } from '@itpay/channel-promptpay';
import { mount } from '@itpay/express';
import express from 'express';
import { createItPay, type HostIntent, type ItPay } from 'itpay';

export async function open(): Promise<HostIntent> {
  const pay = await createItPay({ publicUrl: 'https://shop.example/itpay', plugins: [promptpay({ target: '0812345678' })] });
  const same: ItPay = pay;
  express().use('/itpay', mount(same));
  pay.on('payment_intent.succeeded', async ({ data }, { trx }) => void [data, trx]);
  return pay.payments.createIntent({ amount: { currency: 'THB', value: 19_900n }, channel: 'promptpay' });
}
`;

const SHOP = `
import { promptpay } from '@itpay/channel-promptpay';
import { createItPay } from 'itpay';

const pay = await createItPay({
  publicUrl: 'https://shop.example/itpay',
  dataDir: './data',
  mode: 'test',
  logger: { debug() {}, info() {}, warn: console.error, error: console.error },
  plugins: [promptpay({ target: '0812345678' })],
});
const { id } = await pay.payments.createIntent({ amount: { currency: 'THB', value: 19900n }, channel: 'promptpay' });
await pay.as({ account: pay.account.id, livemode: false }).call({
  method: 'POST',
  path: '/v1/test-helpers/payment-intents/' + id + '/simulate',
  idempotencyKey: 'pay',
  body: { event: 'paid' },
});
const { status, amount } = await pay.payments.getIntent(id);
console.log('paid: ' + status + ', ' + (Number(amount.value) / 100).toFixed(2) + ' ' + amount.currency);
await pay.stop();
`;
