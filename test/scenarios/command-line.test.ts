import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { freshDatabase, freshDirectory, postgresNeed } from '../support/database.js';
import { describeNeeding } from '../support/needs.js';
import { freePort, startProcess } from '../support/process.js';

const COMMAND = resolve('packages/itpay/dist/cli/main.js');

interface Result {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function itpay(args: string[], cwd: string, env: NodeJS.ProcessEnv = {}): Promise<Result> {
  return new Promise((done) => {
    execFile(
      process.execPath,
      [COMMAND, ...args],
      { cwd, env: { ...process.env, DATABASE_URL: '', ITPAY_SECRET_KEY: '', ...env } },
      (error, out, err) => done({ code: error === null ? 0 : Number(error.code), out, err }),
    );
  });
}

describe('itpay on the embedded database', () => {
  let cwd: string;
  beforeAll(async () => {
    cwd = await freshDirectory();
  });

  it('explains itself', async () => {
    const { code, out } = await itpay(['--help'], cwd);

    expect(code).toBe(0);
    expect(out).toMatch(/start[\s\S]*migrate[\s\S]*keys[\s\S]*accounts[\s\S]*DATABASE_URL[\s\S]*Exit codes/);
  });

  it.each([[['nonsense']], [['keys']], [['keys', 'create', '--nonsense']], [['accounts', 'create']]])(
    'answers %j with usage and exit code 2',
    async (args) => {
      const { code, err } = await itpay(args, cwd);

      expect(code).toBe(2);
      expect(err).toMatch(/error:|Usage:/);
    },
  );

  it('creates, lists and revokes keys, and shows a secret once', async () => {
    const created = await itpay(['keys', 'create', '--label', 'backend'], cwd);
    const token = /itpay_test_\w{12}_[\w-]{43}/.exec(created.out)![0];
    const listed = JSON.parse((await itpay(['keys', 'list', '--json'], cwd)).out);
    const revoked = await itpay(['keys', 'revoke', listed[0].id], cwd);
    const after = await itpay(['keys', 'list'], cwd);

    expect(listed).toMatchObject([{ label: 'backend', livemode: false, status: 'active' }]);
    expect(JSON.stringify(listed)).not.toContain(token.slice(-43));
    expect(revoked.code).toBe(0);
    expect(after.out).toMatch(/revoked\s+backend/);
  });

  it('names the accounts that exist when one does not', async () => {
    await itpay(['accounts', 'create', 'Second Shop'], cwd);

    const { code, err } = await itpay(['keys', 'list', '--account', 'Third Shop'], cwd);

    expect(code).toBe(1);
    expect(err).toMatch(/Third Shop.*(Second Shop|accounts)/s);
    expect(err).not.toMatch(/\n\s+at /);
  });

  it('serves what itpay.config.mjs lists', async () => {
    const directory = await freshDirectory();
    const port = await freePort();
    const adapter = resolve('adapters/promptpay/dist/index.js');
    await writeFile(
      join(directory, 'itpay.config.mjs'),
      `import { promptpay } from ${JSON.stringify(adapter)};\nexport default { account: 'Config Shop', plugins: [promptpay()] };\n`,
    );
    const token = /itpay_test_\S+/.exec((await itpay(['keys', 'create'], directory)).out)![0];

    const server = await startProcess(process.execPath, [COMMAND, 'start'], {
      cwd: directory,
      env: { PORT: String(port), DATABASE_URL: '', ITPAY_SECRET_KEY: '' },
      readyWhen: /answers at/,
    });
    const answer = await fetch(`http://127.0.0.1:${port}/itpay/v1/payment-intents`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'idempotency-key': 'a', 'content-type': 'application/json' },
      body: '{"amount":{"currency":"THB","value":100}}',
    });
    const exit = await server.kill('SIGTERM');

    expect(answer.status).toBe(201);
    expect(exit.code).toBe(0);
  });
});

describeNeeding(postgresNeed(), 'itpay migrate on PostgreSQL', () => {
  it('prints what it would do, does it, and finds nothing more to do', async () => {
    const cwd = await freshDirectory();
    const env = { DATABASE_URL: (await freshDatabase()).url, ITPAY_SECRET_KEY: 'x'.repeat(40) };

    const early = await itpay(['keys', 'list'], cwd, env);
    const dryRun = await itpay(['migrate', '--dry-run'], cwd, env);
    const stillEarly = await itpay(['keys', 'list'], cwd, env);
    const done = await itpay(['migrate'], cwd, env);
    const again = await itpay(['migrate'], cwd, env);
    const keys = await itpay(['keys', 'list'], cwd, env);

    expect([early.code, stillEarly.code]).toEqual([1, 1]);
    expect(early.err).toMatch(/MIGRATION_PENDING.*itpay migrate/);
    expect(dryRun.out).toMatch(/create table "itpay"\.payment_intents/);
    expect(dryRun.out).toMatch(/-- locks:/);
    expect(done.out).toMatch(/payment\/0001-payment[\s\S]*Done/);
    expect(again.out).toMatch(/up to date/);
    expect(keys.code).toBe(0);
  });

  it('does not show the password when the database cannot be reached', async () => {
    const { code, err } = await itpay(['keys', 'list'], await freshDirectory(), {
      DATABASE_URL: 'postgres://shop:hunter2@127.0.0.1:1/shop',
      ITPAY_SECRET_KEY: 'x'.repeat(40),
    });

    expect(code).toBe(1);
    expect(err).toMatch(/DATABASE_URL/);
    expect(err).not.toMatch(/hunter2/);
  });
});
