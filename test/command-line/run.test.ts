import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { installation, itpay } from './itpay.js';

// Commands that plugins bring.

let cwd: string;
beforeAll(async () => {
  cwd = await installation();
  const plugin = JSON.stringify(resolve('examples/custom-plugin/dist/index.js'));
  await writeFile(
    join(cwd, 'itpay.config.mjs'),
    `import { loyalty } from ${plugin};\nexport default { account: 'Test Shop', plugins: [loyalty()] };\n`,
  );
});
const run = (...args: string[]) => itpay(['run', ...args], cwd);

describe('itpay run', () => {
  it('lists what plugins bring', async () => {
    const { code, out } = await run();

    expect([code, out]).toEqual([0, 'Commands of plugins:\n  loyalty-balance  the points of a customer\n']);
  });

  it('runs a command with its words and options', async () => {
    const told = await run('loyalty-balance', 'ann', '--entries');
    const json = await run('loyalty-balance', 'ann', '--json');

    expect([told.code, told.out]).toEqual([0, 'ann has 0 points.\n']);
    expect(JSON.parse(json.out)).toEqual({ customer: 'ann', points: 0 });
  });

  it('shows the help of a command, with its example', async () => {
    const { code, out } = await run('loyalty-balance', '--help');

    expect(code).toBe(0);
    expect(out).toContain('Usage: itpay run loyalty-balance [options] <customer>');
    expect(out).toMatch(/--entries .*also the latest 100 reasons/);
    expect(out).toContain('itpay run loyalty-balance customer-17 --live --entries');
  });

  it.each([
    [['no-such'], /No plugin brings a command "no-such"[\s\S]*loyalty-balance/],
    [['loyalty-balance'], /missing required argument 'customer'/],
    [['loyalty-balance', 'ann', '--weird'], /unknown option '--weird'/],
  ])('refuses %j and says what there is', async (args, says) => {
    const { code, err } = await run(...args);

    expect(code).toBe(2);
    expect(err).toMatch(says);
  });

  it('says where plugins come from when none brings a command', async () => {
    const { code, out } = await itpay(['run'], await installation());

    expect([code, out]).toEqual([0, expect.stringContaining('itpay.config.js')]);
  });
});
