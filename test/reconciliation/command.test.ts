import { createFakeRailServer } from '@itpay/testkit/fake-rail';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { itpay } from '../command-line/itpay.js';
import { whenFileEnds } from '../support/cleanup.js';
import { freshDirectory } from '../support/database.js';

it('The command shows what differs, and a script learns it from the exit code', async () => {
  const rail = await createFakeRailServer();
  whenFileEnds(() => rail.stop());
  const cwd = await freshDirectory();
  const testkit = JSON.stringify(resolve('packages/testkit/dist/fake-rail/index.js'));
  const channel = JSON.stringify({ url: rail.url, secret: rail.secret, mode: 'test' });
  await writeFile(
    join(cwd, 'itpay.config.mjs'),
    `import { FAKE_CAPABILITIES, fakeChannel } from ${testkit};\n` +
      `const capabilities = [...FAKE_CAPABILITIES, 'statement'];\n` +
      `export default { account: 'Test Shop', plugins: [fakeChannel({ ...${channel}, capabilities })] };\n`,
  );
  const day = new Date(Date.now() - 2 * 86_400_000).toISOString().slice(0, 10);
  await rail.setStatement(day, [
    {
      kind: 'payment',
      reference: 'NOTOURS1',
      transaction_id: 'T1',
      amount: '19900',
      currency: 'THB',
      at: `${day}T12:00:00.000Z`,
      status: 'succeeded',
    },
  ]);
  const run = (...more: string[]) => itpay(['reconcile', '--channel', 'fake', '--from', day, ...more], cwd);

  const first = await run();
  const second = await run('--to', day, '--json');

  expect([first.code, second.code]).toEqual([0, 3]);
  expect(first.out).toMatch(/waiting +1\nopen +0\n[\s\S]* waiting +missing_here +199\.00 THB there +- here/);
  const told = JSON.parse(second.out);
  expect(told).toMatchObject({ status: 'completed', counts: { open: 1 }, exceptions: [{ class: 'missing_here' }] });
  expect(first.out).toContain(told.exceptions[0].id);
});
