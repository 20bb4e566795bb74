import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { chromiumNeed, openBrowser } from '../support/browser.js';
import { describeNeeding } from '../support/needs.js';
import { intentOf, MALI, openShop, STAFF, visitor } from './shop.js';

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

describeNeeding(chromiumNeed, 'Doi Roast in a browser', () => {
  let shop: Awaited<ReturnType<typeof openShop>>;
  let browser: NonNullable<Awaited<ReturnType<typeof openBrowser>>>;
  beforeAll(async () => {
    [shop, browser] = await Promise.all([openShop(), openBrowser().then((opened) => opened!)]);
  });

  /** Opens a tab of somebody, notes what it says and asks for, and closes it. */
  async function inTab(who: { email: string; password: string }, work: (page: Page) => Promise<void>) {
    await browser.clearCookies();
    const page = await browser.newPage();
    const noted: string[] = [];
    page.on('console', (message) => noted.push(message.text()));
    page.on('pageerror', (error) => noted.push(error.message));
    page.on('request', (request) => {
      const asked = request.url();
      if (!asked.startsWith(shop.url) && !asked.startsWith('data:')) noted.push(asked);
    });
    try {
      await page.goto(`${shop.url}/sign-in`);
      await page.fill('[name=email]', who.email);
      await page.fill('[name=password]', who.password);
      await page.keyboard.press('Enter');
      await page.waitForSelector('text=Sign out');
      await work(page);
    } finally {
      await page.close();
    }
    expect(noted).toEqual([]);
  }

  /** Puts something into the cart and orders it. Ends on the pay page; returns the payment. */
  async function order(page: Page, method: string): Promise<string> {
    await page.goto(shop.url);
    await page.click('button[value=pang-khon]');
    await page.check(`[name=method][value=${method}]`);
    await page.click('text=Place order');
    await page.waitForSelector('main[data-state]');
    await shop.pay.settle();
    return intentOf(page.url());
  }

  async function paid(page: Page, intent: string): Promise<void> {
    await page.waitForSelector('svg[role=img]');
    await shop.payer(intent, 'paid');
    await page.waitForSelector('main[data-state=paid]');
    await page.click('a.button');
    await page.waitForSelector('[data-status=paid]');
  }

  it('sells from the cart to the paid order, over PromptPay, and gives the money back', async () => {
    let url = '';
    await inTab(MALI, async (page) => {
      const intent = await order(page, 'promptpay');
      await paid(page, intent);
      url = page.url();
      expect(await page.innerText('[data-payment=paid]')).toMatch(/Thank you! ฿340\.00 by PromptPay/);
    });

    await inTab(STAFF, async (page) => {
      await page.goto(url);
      await page.click('text=Refund');
      await page.fill('[name=evidence]', 'KBANK 4711');
      await page.click('text=It is sent');
      await page.waitForSelector('[data-refund=succeeded]');
      await shop.pay.settle();
      await page.reload();
      expect(await page.innerText('[data-status]')).toBe('Refunded');
    });
  });

  it('sells over WeChat Pay in yuan, and gives a part of it back by itself', async () => {
    let url = '';
    await inTab(MALI, async (page) => {
      await paid(page, await order(page, 'wechat'));
      url = page.url();
      expect(await page.innerText('[data-payment=paid]')).toMatch(/¥70\.11 by WeChat Pay/);
    });

    await inTab(STAFF, async (page) => {
      await page.goto(url);
      await page.fill('[name=amount]', '20.11');
      await page.click('text=Refund');
      await page.waitForSelector('[data-refund]');
      await shop.pay.settle();
      await page.reload();
      expect(await page.innerText('[data-refund=succeeded]')).toBe('¥20.11 given back');
      expect(await page.inputValue('[name=amount]')).toBe('50.00');
      expect(await page.innerText('[data-status]')).toBe('Paid');
    });
  });

  it('lets an expired order be paid again, once', async () => {
    await inTab(MALI, async (page) => {
      const first = await order(page, 'promptpay');
      const { orderReference } = await shop.pay.payments.getIntent(first);
      await shop.advance(18);
      await page.goto(`${shop.url}/orders/${orderReference}`);
      expect(await page.innerText('[data-payment=closed]')).toMatch(/has expired.*Nothing was charged/s);

      await page.click('text=Pay again');
      await page.waitForSelector('main[data-state=waiting]');
      const second = intentOf(page.url());
      await paid(page, second);

      const { intents } = await shop.pay.payments.listIntents({ orderReference: orderReference! });
      expect(intents.map(({ id, status }) => [id, status])).toEqual([
        [second, 'succeeded'],
        [first, 'expired'],
      ]);
    });
  });

  it('is used with the keyboard alone', async () => {
    await inTab(MALI, async (page) => {
      await page.goto(shop.url);
      await page.keyboard.press('Tab');
      expect(await page.evaluate('document.activeElement.textContent')).toBe('To the content');
      await page.focus('button[value=dripper]');
      await page.keyboard.press('Enter');
      await page.focus('[name=method][value=promptpay]');
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Enter');
      await page.waitForSelector('main[data-state]');

      expect((await shop.pay.payments.getIntent(intentOf(page.url()))).channel).toBe('wechat');
    });
  });

  describe('on a phone and on a desktop', () => {
    const expectGood = async (page: Page, what: string) => {
      for (const [width, height] of [
        [360, 740],
        [1280, 800],
      ] as const) {
        await page.setViewportSize({ width, height });
        expect(
          await page.evaluate('document.documentElement.scrollWidth > window.innerWidth'),
          `${what}, ${width}`,
        ).toBe(false);
      }
      const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
      // Dark pages differ in their colours only.
      for (const [colorScheme, runOnly] of [
        ['light', tags],
        ['dark', ['color-contrast']],
      ] as const) {
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        await page.evaluate(axe);
        const { violations } = (await page.evaluate(`axe.run({ runOnly: ${JSON.stringify(runOnly)} })`)) as any;
        const found = violations.map(({ id, nodes }: any) => `${id}: ${nodes.map(({ html }: any) => html).join(' ')}`);
        expect(found, `${what}, ${colorScheme}`).toEqual([]);
      }
    };

    it('shows every page to a customer without barriers', async () => {
      const mali = visitor(shop.url);
      await mali.signIn(MALI);
      const [open, late, done] = [await mali.order(), await mali.order(), await mali.order('wechat')];
      await shop.pay.settle();
      await shop.payer(late, 'paid_late');
      await shop.payer(done, 'paid');
      const pageOf = async (intent: string) => `/orders/${(await shop.pay.payments.getIntent(intent)).orderReference}`;

      await inTab(MALI, async (page) => {
        await page.goto(shop.url);
        await expectGood(page, 'catalogue');
        await page.click('button[value=grinder]');
        await expectGood(page, 'cart');
        for (const path of ['/orders', await pageOf(open), await pageOf(late), await pageOf(done), '/register']) {
          await page.goto(shop.url + path);
          await expectGood(page, path);
        }
        await shop.advance(18);
        await page.goto(shop.url + (await pageOf(open)));
        await expectGood(page, 'expired');
      });
      await inTab(STAFF, async (page) => {
        for (const path of ['/staff', '/staff/money', await pageOf(late), await pageOf(done)]) {
          await page.goto(shop.url + path);
          await expectGood(page, `staff ${path}`);
        }
      });
    });
  });
});
