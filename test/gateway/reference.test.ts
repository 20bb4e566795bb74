import { createServer } from 'node:http';
import { promptpay } from '@itpay/channel-promptpay';
import { fromNode, writeNode } from '@itpay/gateway';
import { testInstance } from '@itpay/testkit';
import { createItPay } from 'itpay';
import type { Page } from 'playwright-core';
import { beforeAll, expect, it } from 'vitest';
import { chromiumNeed, openBrowser } from '../support/browser.js';
import { whenFileEnds } from '../support/cleanup.js';
import { freshDirectory } from '../support/database.js';
import { describeNeeding } from '../support/needs.js';
import { freePort } from '../support/process.js';

describeNeeding(chromiumNeed, 'the pages about the API', () => {
  let url: string;
  let page: Page;
  const complaints: string[] = [];
  const foreign: string[] = [];

  beforeAll(async () => {
    const port = await freePort();
    url = `http://127.0.0.1:${port}/itpay`;
    const t = await testInstance(createItPay, {
      publicUrl: url,
      plugins: [promptpay({ target: '0812345678' })],
      dataDir: await freshDirectory(),
    });
    const server = createServer((req, res) => {
      const path = req.url!.replace(/^\/itpay/, '');
      void t.pay.handle(fromNode(req, res, { url: path })).then((answer) => writeNode(res, answer));
    });
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    whenFileEnds(async () => {
      server.close();
      server.closeAllConnections();
      await t.stop();
    });
    const browser = (await openBrowser())!;
    page = await browser.newPage();
    page.on('console', (message) => {
      // The browser asks for an icon by itself.
      if (message.type() === 'error' && !message.location().url.endsWith('/favicon.ico'))
        complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => {
      if (!request.url().startsWith(`http://127.0.0.1:${port}/`)) foreign.push(request.url());
    });
  });

  it.each([
    ['/docs', 390, 'light'],
    ['/docs', 1280, 'dark'],
    ['/errors', 390, 'dark'],
    ['/errors/REFUND_WINDOW_EXPIRED', 390, 'light'],
    ['/errors/LOYALTY_CARD_EXPIRED', 1280, 'light'],
  ] as const)(
    '%s fits a window of %i pixels, %s, and loads nothing from elsewhere',
    async (path, width, colorScheme) => {
      await page.setViewportSize({ width, height: 844 });
      await page.emulateMedia({ colorScheme });
      await page.goto(url + path);

      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
      const background = await page.evaluate('getComputedStyle(document.body).backgroundColor');
      expect(background).toBe(colorScheme === 'dark' ? 'rgb(22, 24, 27)' : 'rgb(255, 255, 255)');
      expect(complaints).toEqual([]);
      expect(foreign).toEqual([]);
    },
  );

  it('lead from the contents to an endpoint, from there to an error, and back', async () => {
    await page.setViewportSize({ width: 1280, height: 844 });
    await page.goto(`${url}/docs`);

    await page.getByRole('navigation').getByRole('link', { name: 'POST Create a payment intent' }).click();
    const endpoint = page.locator('#postPaymentIntents');
    expect(await endpoint.evaluate((element) => Math.abs(element.getBoundingClientRect().top))).toBeLessThan(60);
    await endpoint.locator('summary', { hasText: 'Errors' }).click();
    await endpoint.getByRole('link', { name: 'AMOUNT_TOO_SMALL' }).click();
    expect(new URL(page.url()).pathname).toBe('/itpay/errors/AMOUNT_TOO_SMALL');
    await page.getByRole('link', { name: 'All error codes' }).click();
    await page.getByRole('link', { name: 'API reference' }).click();

    expect(new URL(page.url()).pathname).toBe('/itpay/docs');
  });

  it('put a command into the clipboard', async () => {
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.goto(`${url}/docs`);
    const code = page.locator('#postPaymentIntents .code').first();

    await code.getByRole('button', { name: 'Copy' }).click();

    await code.getByRole('button', { name: 'Copied' }).waitFor();
    const copied = await page.evaluate('navigator.clipboard.readText()');
    expect(copied).toBe(await code.locator('pre').textContent());
    expect(copied).toContain(`curl ${url}/v1/payment-intents`);
  });
});
