import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { writeEmvco } from '@itpay/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { freshDirectory } from '../support/database.js';
import { itpay } from './itpay.js';

let parent: string;
beforeAll(async () => {
  parent = await freshDirectory();
  await symlink(resolve('node_modules'), join(parent, 'node_modules'));
});

describe('itpay new channel', () => {
  let folder: string;
  beforeAll(async () => {
    const { code, err } = await itpay(['new', 'channel', 'pay-now'], parent);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    folder = join(parent, 'pay-now');
  });

  it('writes a package in which the name is everywhere', async () => {
    const files = (await readdir(folder, { recursive: true })).toSorted();
    const texts = await Promise.all(files.filter((file) => file !== 'src').map((file) => read(file)));

    expect(files).toEqual([
      'README.md',
      'package.json',
      'src',
      ...['channel.test', 'channel', 'config', 'index', 'mapping', 'wire'].map((name) => join('src', `${name}.ts`)),
      'tsconfig.json',
    ]);
    expect(texts.filter((text) => /__\w+__/.test(text))).toEqual([]);
    expect(await read('src/index.ts')).toContain('export { payNowChannel }');
    expect(await read('src/channel.ts')).toContain("id: 'pay_now',\n    displayName: 'Pay Now',");
  });

  it('wants this version of ItPay, and the tools that ItPay is tested with', async () => {
    const root = JSON.parse(await readFile(resolve('package.json'), 'utf8'));
    const { version } = JSON.parse(await readFile(resolve('packages/itpay/package.json'), 'utf8'));
    const tools = ['@types/node', 'typescript', 'vitest'];

    expect(JSON.parse(await read('package.json'))).toMatchObject({
      name: 'itpay-channel-pay-now',
      dependencies: { '@itpay/core': version, '@itpay/kernel': version },
      devDependencies: {
        '@itpay/testkit': version,
        ...Object.fromEntries(tools.map((tool) => [tool, `^${root.devDependencies[tool]}`])),
      },
    });
  });

  it('writes code without an error of type, tests included', async () => {
    await writeFile(join(folder, 'all.json'), '{ "extends": "./tsconfig.json", "exclude": [] }');

    expect(await run('typescript/bin/tsc', '--noEmit', '-p', 'all.json')).toEqual({ code: 0, out: '' });
  });

  it('has tests that fail with what to do next, and with nothing else', async () => {
    const { passed, failures } = await test();

    expect(passed).toBeGreaterThan(10);
    // Vitest cuts what a function threw where a case says that it does not throw; the beginning is what counts.
    const sentences = failures.map((message) => /src\/[\w.]+\.ts: \w+(\(\))? \w+ \w{2}/.exec(message)?.[0] ?? message);
    expect([...new Set(sentences)].toSorted()).toEqual([
      'src/channel.test.ts: PUBLISHED has no',
      'src/config.ts: isAccount() takes ev',
      'src/wire.ts: COUNTRY is XX',
      'src/wire.ts: IDENTIFIER is em',
    ]);
  });

  it('is a channel once that is done', async () => {
    const published = writeEmvco([
      ['00', '01'],
      [
        '26',
        [
          ['00', 'com.paynow'],
          ['01', '123456789012'],
        ],
      ],
      ['53', '978'],
      ['54', '19.90'],
      ['58', 'DE'],
      ['62', [['05', 'A1B2C3D4E5F6G7H8']]],
    ]);
    await replace('src/wire.ts', "IDENTIFIER: string = ''", "IDENTIFIER: string = 'com.paynow'");
    await replace('src/wire.ts', "'XX'", "'DE'");
    await replace('src/config.ts', "account !== ''", '/^[0-9]{12}$/.test(account)');
    await replace('src/channel.test.ts', "code: ''", `code: '${published}'`);

    expect(await test()).toMatchObject({ failures: [] });
  });

  const read = (file: string) => readFile(join(folder, file), 'utf8');
  const run = (tool: string, ...args: string[]) => node(folder, resolve('node_modules', tool), ...args);

  async function replace(file: string, old: string, text: string): Promise<void> {
    const before = await read(file);
    expect(before).toContain(old);
    await writeFile(join(folder, file), before.replace(old, text));
  }

  /** Runs the tests of the new channel, as `npm test` in its folder does. */
  async function test(): Promise<{ passed: number; failures: string[] }> {
    const { out } = await run('vitest/vitest.mjs', 'run', '--reporter=json');
    const report = JSON.parse(out.slice(out.indexOf('{')));
    const cases = report.testResults.flatMap((file: any) => file.assertionResults);
    // A file that does not even load has a message of its own.
    const unloaded = report.testResults.filter((file: any) => file.assertionResults.length === 0);
    return {
      passed: report.numPassedTests,
      failures: [...cases.flatMap((one: any) => one.failureMessages), ...unloaded.map((file: any) => file.message)],
    };
  }
});

it('touches no folder that is there already', async () => {
  await mkdir(join(parent, 'taken'));

  const { code, err, out } = await itpay(['new', 'channel', 'taken'], parent);

  expect({ code, out }).toEqual({ code: 1, out: '' });
  expect(err).toMatch(/\.\/taken is there already/);
  expect(await readdir(join(parent, 'taken'))).toEqual([]);
});

it.each(['Pay', '../pay', 'p'.repeat(41)])('refuses the name %s', async (name) => {
  const before = await readdir(parent);

  const { code, err } = await itpay(['new', 'channel', name], parent);

  expect(code).toBe(2);
  expect(err).toMatch(/small letters and digits/);
  expect(await readdir(parent)).toEqual(before);
});

it('lists what it wrote as JSON', async () => {
  const { out } = await itpay(['new', 'channel', 'second', '--json'], parent);

  expect(JSON.parse(out)).toEqual({ directory: 'second', files: expect.arrayContaining(['src/channel.ts']) });
});

/** Runs a program of Node's to its end, without what this test run has set for itself. */
function node(cwd: string, ...args: string[]): Promise<{ code: number; out: string }> {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(VITEST|NODE_|TEST$)/.test(name)));
  return new Promise((done) => {
    execFile(process.execPath, args, { cwd, env }, (error, out) => {
      done({ code: error === null ? 0 : Number(error.code), out });
    });
  });
}
