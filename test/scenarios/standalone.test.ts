import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import jsQR from 'jsqr';
import { PNG } from 'pngjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { chromiumNeed, openBrowser } from '../support/browser.js';
import { freshDatabase, freshDirectory, postgresNeed } from '../support/database.js';
import { describeNeeding } from '../support/needs.js';
import { freePort, startProcess } from '../support/process.js';

const run = promisify(execFile);
const MAIN = 'examples/standalone/dist/main.js';

/** Starts the shop as a stranger would, on a free port. */
async function startShop(env: NodeJS.ProcessEnv = {}) {
  const dataDir = env['ITPAY_DATA_DIR'] ?? (await freshDirectory());
  const port = env['PORT'] ?? String(await freePort());
  const shop = await startProcess(process.execPath, [MAIN], {
    env: { DATABASE_URL: '', ITPAY_SECRET_KEY: '', ...env, PORT: port, ITPAY_DATA_DIR: dataDir },
    readyWhen: /Stop with Ctrl\+C/,
  });
  const text = shop.stdout.join('\n');
  const [, url = ''] = /Shop +(http\S+)/.exec(text) ?? [];
  const commands = [...text.matchAll(/^ {7}(\S.*)$/gm)].map((match) => match[1]!);
  return { ...shop, dataDir, port, commands, key: /itpay_test_\S+/.exec(text)![0], url };
}

type Shop = Awaited<ReturnType<typeof startShop>>;

async function call(shop: Shop, path: string, body: object) {
  const response = await fetch(`${shop.url}/itpay${path}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${shop.key}`,
      'idempotency-key': String(Math.random()),
      'content-type': 'application/json',
    },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as any };
}

const create = (shop: Shop) =>
  call(shop, '/v1/payment-intents', {
    amount: { currency: 'THB', value: 19_900 },
    description: 'Two bowls of noodles',
  });
const pay = (shop: Shop, id: string) =>
  call(shop, `/v1/test-helpers/payment-intents/${id}/simulate`, { event: 'paid' });

describe('npm start on the embedded database', () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await startShop();
  });

  it('prints commands that take a payment when they are copied into a shell', async () => {
    const [setKey, createIt, showPage, payIt] = shop.commands;
    const script = [setKey, createIt, 'echo ----', showPage, 'echo ----', payIt].join('\n');

    const { stdout } = await run('bash', ['-c', script]);
    const [created, page, paid] = stdout.split('----\n');

    expect(JSON.parse(created!)).toMatchObject({ object: 'payment_intent', status: 'qr_generated' });
    expect((await fetch(page!.trim())).status).toBe(200);
    expect(JSON.parse(paid!)).toMatchObject({ status: 'succeeded' });
  });

  it('shows a PNG that an independent reader reads as the payload of the intent', async () => {
    const { body: intent } = await create(shop);

    const image = PNG.sync.read(Buffer.from(await (await fetch(intent.qr.qr_image_url)).arrayBuffer()));

    const read = jsQR.default(new Uint8ClampedArray(image.data), image.width, image.height);
    expect(read?.data).toBe(intent.qr.qr_data);
  });

  it('shows no image once the intent is paid, and deletes the stored one', async () => {
    const { body: intent } = await create(shop);
    await fetch(intent.qr.qr_image_url);

    await pay(shop, intent.id);

    expect((await fetch(intent.qr.qr_image_url)).status).toBe(410);
  });

  it('refuses a second process on the same directory with the way out', async () => {
    const second = await startProcess(process.execPath, [MAIN], {
      env: { DATABASE_URL: '', PORT: '0', ITPAY_DATA_DIR: shop.dataDir },
    });

    expect((await second.exited).code).toBe(1);
    expect(second.stderr.join('\n')).toMatch(new RegExp(`${shop.pid}`));
    expect(second.stderr.join('\n')).toMatch(/ITPAY_DATA_DIR|DATABASE_URL/);
  });

  it('finds a free port when it is asked to, and its links name that one', async () => {
    const free = await startShop({ PORT: '0' });

    const { body } = await create(free);

    expect((await fetch(body.qr.qr_image_url)).status).toBe(200);
  });

  it('keeps account, key and payments over a restart and ends cleanly on SIGTERM', async () => {
    const first = await startShop();
    const { body: intent } = await create(first);
    const exit = await first.kill('SIGTERM');

    const second = await startShop({ ITPAY_DATA_DIR: first.dataDir });
    const read = await fetch(`${second.url}/itpay/v1/payment-intents/${intent.id}`, {
      headers: { authorization: `Bearer ${first.key}` },
    });

    expect(exit.code).toBe(0);
    expect(second.key).toBe(first.key);
    expect(await read.json()).toMatchObject({ id: intent.id, status: 'qr_generated' });
  });

  it('loses nothing that it acknowledged when it is killed', async () => {
    const first = await startShop();
    const { body: intent } = await create(first);
    await first.kill('SIGKILL');

    const second = await startShop({ ITPAY_DATA_DIR: first.dataDir });

    expect((await pay(second, intent.id)).body.status).toBe('succeeded');
  });

  it('uses the PromptPay id of the environment for live keys only', async () => {
    const live = await startShop({ ITPAY_PROMPTPAY_ID: '0812345678' });

    const { body } = await create(live);

    expect(body.qr.qr_data).toContain('0066000000000');
    expect(body.qr.qr_data).not.toContain('0066812345678');
  });

  it.each([
    ['PORT', 'eighty', /PORT.*"eighty"/],
    ['ITPAY_PUBLIC_URL', 'shop.example', /ITPAY_PUBLIC_URL.*https:\/\//],
    ['DATABASE_URL', 'mysql://root:hunter2@db/shop', /DATABASE_URL.*postgres:\/\//],
    ['ITPAY_SECRET_KEY', 'short', /ITPAY_SECRET_KEY.*32/],
    ['ITPAY_PROMPTPAY_ID', '12', /target|ITPAY_PROMPTPAY_ID/],
  ])('stops with an error that names %s when it is "%s"', async (name, value, message) => {
    const started = await startProcess(process.execPath, [MAIN], {
      env: { DATABASE_URL: '', PORT: '0', ITPAY_DATA_DIR: await freshDirectory(), [name]: value },
    });

    expect((await started.exited).code).toBe(1);
    expect(started.stderr.join('\n')).toMatch(message);
    expect(started.stderr.join('\n')).not.toMatch(/hunter2|\n\s+at /);
  });

  it('says how to go on when the port is taken', async () => {
    const started = await startProcess(process.execPath, [MAIN], {
      env: { DATABASE_URL: '', PORT: shop.port, ITPAY_DATA_DIR: await freshDirectory() },
    });

    expect((await started.exited).code).toBe(1);
    expect(started.stderr.join('\n')).toMatch(/Port \d+ is taken.*PORT=/);
  });
});

describeNeeding(postgresNeed(), 'npm start with DATABASE_URL', () => {
  it('asks for a secret key, and takes a payment once it has one', async () => {
    const { url } = await freshDatabase();
    const without = await startProcess(process.execPath, [MAIN], {
      env: { DATABASE_URL: url, ITPAY_SECRET_KEY: '', PORT: '0', ITPAY_DATA_DIR: await freshDirectory() },
    });

    const shop = await startShop({ DATABASE_URL: url, ITPAY_SECRET_KEY: 'x'.repeat(40) });
    const { body: intent } = await create(shop);

    expect((await without.exited).code).toBe(1);
    expect(without.stderr.join('\n')).toMatch(/ITPAY_SECRET_KEY/);
    expect((await pay(shop, intent.id)).body.status).toBe('succeeded');
  });
});

describeNeeding(chromiumNeed, 'the pay page in a browser', () => {
  let shop: Shop;
  let browser: NonNullable<Awaited<ReturnType<typeof openBrowser>>>;
  beforeAll(async () => {
    [shop, browser] = await Promise.all([startShop(), openBrowser().then((opened) => opened!)]);
  });

  it.each([
    ['phone', 390, 844],
    ['desktop', 1280, 800],
  ])('shows a QR that decodes to the payload, the amount and a countdown on a %s', async (_name, width, height) => {
    const { body: intent } = await create(shop);
    const page = await browser.newPage();
    await page.setViewportSize({ width, height });

    await page.goto(intent.pay_url);
    const shot = PNG.sync.read(await page.locator('main svg[role=img]').first().screenshot());

    expect(jsQR.default(new Uint8ClampedArray(shot.data), shot.width, shot.height)?.data).toBe(intent.qr.qr_data);
    expect(await page.locator('main').innerText()).toMatch(/฿199\.00[\s\S]*1[45]:\d\d/);
    expect(await page.evaluate('document.documentElement.scrollWidth <= window.innerWidth')).toBe(true);
    await page.close();
  });

  it('shows the payment without a reload', async () => {
    const { body: intent } = await create(shop);
    const page = await browser.newPage();
    await page.goto(intent.pay_url);
    await page.evaluate('window.sameDocument = true');

    await pay(shop, intent.id);
    await page.waitForSelector('main[data-state=paid]');

    expect(await page.evaluate('window.sameDocument')).toBe(true);
    expect(await page.locator('svg[role=img]').count()).toBe(0);
    await page.close();
  });

  it('takes a buyer from the menu to a paid order', async () => {
    const page = await browser.newPage();
    await page.goto(shop.url);
    await page.click('button[value=khao-soi]');
    await page.waitForSelector('main[data-state]');
    const id = /pi_[0-9a-z]+/.exec(page.url())![0];

    await pay(shop, id);
    await page.waitForSelector('main[data-state=paid]');
    await page.click('a[href*="/orders/"]');
    await page.waitForSelector('[data-status=paid]');

    expect(await page.locator('h1').innerText()).toBe('Khao soi');
    await page.close();
  });

  it('logs nothing to the console and asks nobody else for anything', async () => {
    const { body: intent } = await create(shop);
    const page = await browser.newPage();
    const said: string[] = [];
    const hosts = new Set<string>();
    page.on('console', (message) => said.push(message.text()));
    page.on('pageerror', (error) => said.push(error.message));
    page.on('request', (request) => hosts.add(new URL(request.url()).host));

    await page.goto(intent.pay_url);
    await page.waitForSelector('[data-countdown]');

    expect(said).toEqual([]);
    expect([...hosts]).toEqual([`localhost:${shop.port}`]);
    await page.close();
  });
});
