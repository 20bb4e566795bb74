import { describe, expect, it } from 'vitest';
import { freshDirectory } from '../support/database.js';
import { freePort, startProcess } from '../support/process.js';

const MAIN = 'examples/standalone/dist/main.js';
const ADAPTERS = ['alipay', 'bank-transfer', 'promptpay', 'qris', 'wechat'];

describe('npm run demo:rails', () => {
  it('takes a payment on every rail and gives back what the rail gives back', async () => {
    const demo = await startProcess(process.execPath, ['tools/demo-rails.mjs'], {
      readyWhen: /rails did what they should/,
      readyTimeoutMs: 100_000,
    });
    const { code } = await demo.exited;

    const [, ...blocks] = demo.stdout.join('\n').split('\n\n');
    const last = blocks.pop();
    expect([code, last]).toEqual([0, '5 of 5 rails did what they should.']);
    expect(blocks.map((block) => block.split('\n')[0])).toEqual([
      'PromptPay',
      'WeChat Pay',
      'Alipay',
      'QRIS',
      'SEPA transfer',
    ]);
    for (const block of blocks) {
      expect(block).toMatch(
        /payment +pi_[\s\S]*order +\w+\n[\s\S]*scanned +\S[\s\S]*rail says +[\d.]+ [A-Z]{3} arrived/,
      );
      expect(block).toMatch(/state +succeeded\n[\s\S]*refund +\S[\s\S]*as expected$/);
    }
    const [promptpay, wechat, alipay, qris, transfer] = blocks;
    for (const networked of [promptpay, wechat, alipay, qris]) expect(networked).toContain('verified and acknowledged');
    expect(wechat).toMatch(/refund +19\.00 CNY as \d+: succeeded/);
    expect(alipay).toMatch(/refund +21\.00 CNY as \w+: succeeded/);
    expect(qris).toMatch(/refund +12500\.00 IDR as \w+: succeeded/);
    for (const other of [promptpay, transfer]) expect(other).toContain('gives nothing back by itself');
  });
});

describe('npm start with ITPAY_RAILS', () => {
  it('loads no adapter that is not named', async () => {
    const [alone, two] = [await start({}), await start({ ITPAY_RAILS: 'promptpay, bank_transfer' })];

    expect(alone.adapters).toEqual(['promptpay']);
    expect(alone.rails).toEqual(['promptpay']);
    expect(two.adapters).toEqual(['bank-transfer', 'promptpay']);
    expect(two.rails).toEqual(['promptpay', 'bank_transfer']);
  });

  it('says where the simulators listen', async () => {
    const { rails } = await start({ ITPAY_RAILS: 'promptpay_scb,wechat' });

    expect(rails).toEqual([
      expect.stringMatching(/^promptpay, simulated at http:\/\/127\.0\.0\.1:\d+$/),
      expect.stringMatching(/^wechat, simulated at http:\/\/127\.0\.0\.1:\d+$/),
    ]);
  });

  it.each([
    ['promptpay,paypal', /no rail "paypal"\. There are: promptpay, promptpay_scb, wechat, alipay, qris, bank_transfer/],
    ['wechat', /The shop sells in baht: name promptpay or promptpay_scb/],
    ['promptpay,promptpay_scb', /one of the two/],
  ])('stops when it is "%s", and says why', async (ITPAY_RAILS, message) => {
    const started = await startProcess(process.execPath, [MAIN], {
      env: { DATABASE_URL: '', PORT: '0', ITPAY_DATA_DIR: await freshDirectory(), ITPAY_RAILS },
    });

    expect((await started.exited).code).toBe(1);
    expect(started.stderr.join('\n')).toMatch(message);
    expect(started.stderr.join('\n')).not.toMatch(/\n\s+at /);
  });
});

/** Starts the shop, and stops it as soon as it is up. */
async function start(env: NodeJS.ProcessEnv) {
  const shop = await startProcess(process.execPath, ['--import', SAYS_WHAT_IT_LOADS, MAIN], {
    env: {
      DATABASE_URL: '',
      ITPAY_SECRET_KEY: '',
      ITPAY_RAILS: '',
      ...env,
      PORT: String(await freePort()),
      ITPAY_DATA_DIR: await freshDirectory(),
    },
    readyWhen: /Stop with Ctrl\+C/,
  });
  await shop.kill();
  const loaded = shop.stderr.flatMap((line) => /^loads .*\/adapters\/([a-z-]+)\//.exec(line)?.[1] ?? []);
  const [, rails = ''] = /Rails +([\s\S]*?)\n\n/.exec(shop.stdout.join('\n')) ?? [];
  return {
    adapters: ADAPTERS.filter((adapter) => loaded.includes(adapter)),
    rails: rails.split('\n').map((line) => line.trim()),
  };
}

const asModule = (text: string) => `data:text/javascript,${encodeURIComponent(text)}`;

/** A module that makes Node say on standard error which files it loads. */
const SAYS_WHAT_IT_LOADS = asModule(`
  import { register } from 'node:module';
  register(${JSON.stringify(
    asModule(`
      import { writeSync } from 'node:fs';
      export function load(url, context, next) {
        writeSync(2, 'loads ' + url + '\\n');
        return next(url, context);
      }`),
  )});`);
