import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { freshDirectory } from '../support/database.js';
import { freePort, startProcess } from '../support/process.js';
import { COMMAND, itpay } from './itpay.js';

const start = (...args: string[]) =>
  startProcess(process.execPath, [COMMAND, 'simulate', ...args], { readyWhen: /Stop it with Ctrl\+C/ });

describe('itpay simulate', () => {
  it('runs a rail, and removes its keys when it is stopped', async () => {
    const port = await freePort();
    const rail = await start('wechat', '--port', String(port), '--json');
    const { url, environment } = JSON.parse(rail.stdout.join('\n'));
    const keyFile = environment.WECHAT_MERCHANT_PRIVATE_KEY_FILE;

    expect(url).toBe(`http://127.0.0.1:${port}`);
    expect(environment).toMatchObject({ WECHAT_BASE_URL: url, WECHAT_MCHID: expect.stringMatching(/^\d{10}$/) });
    expect(readFileSync(keyFile, 'utf8')).toMatch(/^-----BEGIN PRIVATE KEY-----/);
    expect(await (await fetch(`${url}/control/books`)).json()).toEqual({ orders: [] });

    expect(await rail.kill('SIGINT')).toEqual({ code: 0, signal: null });
    expect(existsSync(keyFile)).toBe(false);
  });

  it('prints lines for a shell', async () => {
    const { stdout, kill } = await start('alipay', '--mode', 'certificate');
    await kill('SIGINT');

    expect(stdout[0]).toMatch(/^# alipay at http:\/\/127\.0\.0\.1:\d+$/);
    expect(stdout.slice(1).map((line) => /^export (\w+)='[^']+'$/.exec(line)?.[1])).toEqual([
      'ALIPAY_GATEWAY',
      'ALIPAY_APP_ID',
      'ALIPAY_APP_PRIVATE_KEY_FILE',
      'ALIPAY_APP_CERT_FILE',
      'ALIPAY_CERT_FILE',
      'ALIPAY_ROOT_CERT_FILE',
      'ALIPAY_SELLER_ID',
      'ALIPAY_PAYEE_LOGON_ID',
    ]);
  });

  it.each([
    [['stripe'], 'There are: wechat, alipay.'],
    [['wechat', '--port', '70000'], 'Use a number up to 65535'],
    [['alipay', '--mode', 'both'], 'of alipay, there are key, certificate.'],
  ])('%j is a wrong use', async (args, advice) => {
    const { code, err } = await itpay(['simulate', ...args], await freshDirectory());

    expect(code).toBe(2);
    expect(err).toContain(advice);
  });
});
