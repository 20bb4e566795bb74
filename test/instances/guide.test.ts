import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { root } from '../../tools/workspaces.mjs';
import { blocksOf, linksContract, read } from '../guides/pages.js';
import { freshDatabase, freshDirectory, postgresNeed } from '../support/database.js';
import { describeNeeding } from '../support/needs.js';
import { freePort, startProcess } from '../support/process.js';

const GUIDE = 'docs/guides/several-instances.md';
const blocks = blocksOf(GUIDE);

linksContract(GUIDE);

it('shows the process as it is', () => {
  const [shown] = blocks;

  expect(shown!.file).toBe('test/instances/server.mjs');
  expect(read(shown!.file!)).toContain(shown!.code);
});

describeNeeding(postgresNeed(), 'the commands of the guide', () => {
  it('bring up three processes, each of which ends well when it is told to', async () => {
    const [migrate, ...starts] = blocks
      .find(({ code }) => code.startsWith('npx itpay migrate'))!
      .code.trim()
      .split('\n');
    const env = {
      DATABASE_URL: (await freshDatabase()).url,
      ITPAY_SECRET_KEY: 'a-secret-key-for-tests-that-is-long-enough',
      ITPAY_PUBLIC_URL: 'http://shop.example/itpay',
      ITPAY_DATA_DIR: await freshDirectory(),
      REDIS_URL: '',
      NODE_OPTIONS: '',
    };
    const run = (line: string, options: object = {}) =>
      startProcess('sh', ['-c', `exec ${line}`], { env, cwd: join(root, 'test/instances'), ...options });

    const early = await run('env PORT=0 node server.mjs');
    expect((await early.exited).code).not.toBe(0);
    expect(early.stderr.join('\n')).toContain('npx itpay migrate');
    const cli = join(root, 'packages/itpay/dist/cli/main.js');
    const migrated = await run(migrate!.replace('npx itpay', `node ${cli}`));
    expect(await migrated.exited, migrated.stderr.join('\n')).toMatchObject({ code: 0 });
    const ports = await Promise.all(starts.map(() => freePort()));
    const processes = await Promise.all(
      starts.map((line, n) => {
        const command = line.replace(/PORT=\d+/, `PORT=${ports[n]}`).replace(/ &$/, '');
        return run(`env ${command}`, { readyWhen: /ready on port/ });
      }),
    );

    for (const port of ports) expect((await fetch(`http://127.0.0.1:${port}/itpay/v1/ready`)).status).toBe(200);
    for (const one of processes) expect(await one.kill('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(processes).toHaveLength(3);
  });
});

it('brings only migrations that processes of the release before can live with', () => {
  const folders = readdirSync(join(root, 'packages')).map((name) => `packages/${name}/src/migrations`);
  const files = ['packages/kernel/src/migrations.ts', ...folders.flatMap(filesIn)];
  expect(files.length).toBeGreaterThan(10);

  for (const file of files) {
    const text = read(file);
    const added = [...text.matchAll(/add column [^;,]*/gi)].map(([sql]) => sql);
    expect(
      added.filter((sql) => /not null/i.test(sql) && !/default/i.test(sql)),
      file,
    ).toEqual([]);
    expect(text, file).not.toMatch(/drop (?:column|table)|rename (?:column|to)|set not null|alter column \S+ type/i);
  }
});

function filesIn(folder: string): string[] {
  try {
    return readdirSync(join(root, folder)).map((file) => `${folder}/${file}`);
  } catch {
    return []; // a package without tables
  }
}
