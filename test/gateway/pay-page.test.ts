import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { LANGUAGES } from '../../packages/checkout/src/messages/choose-language.js';
import { chromiumNeed, openBrowser } from '../support/browser.js';
import { describeNeeding } from '../support/needs.js';
import { payPageShop } from './pay-page-shop.js';

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

describeNeeding(chromiumNeed, 'the pay page in a browser', () => {
  let shop: Awaited<ReturnType<typeof payPageShop>>;
  let browser: NonNullable<Awaited<ReturnType<typeof openBrowser>>>;
  beforeAll(async () => {
    [shop, browser] = await Promise.all([payPageShop(), openBrowser().then((opened) => opened!)]);
  });

  /** Opens a tab, notes what it says and asks for, and closes it. */
  async function inTab(work: (page: Page) => Promise<void>): Promise<{ said: string[]; asked: string[] }> {
    const page = await browser.newPage();
    const [said, asked]: [string[], string[]] = [[], []];
    page.on('console', (message) => said.push(message.text()));
    page.on('pageerror', (error) => said.push(error.message));
    page.on('request', (request) => {
      if (!request.url().startsWith('data:')) asked.push(request.url());
    });
    try {
      await work(page);
    } finally {
      await page.close();
    }
    return { said, asked };
  }

  const langOf = (url: string, lang: string) => `${url}${url.includes('?') ? '&' : '?'}lang=${lang}`;
  const stateOf = (page: Page) => page.getAttribute('main', 'data-state');
  const tooWide = (page: Page) => page.evaluate('document.documentElement.scrollWidth > window.innerWidth');

  /** What axe finds against WCAG 2.2 AA and good practice, in one line each. */
  async function barriers(page: Page): Promise<string[]> {
    await page.evaluate(axe);
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    const { violations } = (await page.evaluate(`axe.run({ runOnly: ${JSON.stringify(tags)} })`)) as any;
    return violations.map(({ id, nodes }: any) => `${id}: ${nodes.map(({ html }: any) => html).join(' ')}`);
  }

  describe.each(Object.entries(LANGUAGES))('in %s', (lang, text) => {
    it.each([
      ['phone', 390, 844],
      ['desktop', 1280, 800],
    ])('shows each state on a %s, without barriers in light and in dark', async (_device, width, height) => {
      for (const state of ['waiting', 'scanned', 'paid', 'expired'] as const) {
        const intent = await shop.states[state]();

        const { said, asked } = await inTab(async (page) => {
          await page.setViewportSize({ width, height });
          await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
          await page.goto(langOf(intent.pay_url, lang));

          expect(await page.getAttribute('html', 'lang')).toBe(text.language);
          expect(await page.innerText('[data-status]')).toBe(text.states[state].title);
          expect(await page.innerText('main')).toContain('1.234,50'.replace(/./g, (c) => figure(lang, c)));
          expect(await tooWide(page)).toBe(false);
          expect(await barriers(page)).toEqual([]);
          // The colours do not depend on the language.
          await page.emulateMedia({ colorScheme: 'dark' });
          if (lang === 'en') expect(await barriers(page)).toEqual([]);
        });

        expect(said).toEqual([]);
        expect(asked.filter((url) => !url.startsWith(`${shop.origin}/itpay/`))).toEqual([]);
      }
    });
  });

  // Indonesian writes 1.234,50; the others 1,234.50.
  const figure = (lang: string, character: string) => {
    if (lang === 'id') return character;
    return character === '.' ? ',' : character === ',' ? '.' : character;
  };

  it.each(['preparing', 'processing', 'cancelled', 'failed'] as const)(
    'has no barriers when it is %s',
    async (state) => {
      const intent = await shop.states[state]();

      const { said } = await inTab(async (page) => {
        await page.emulateMedia({ reducedMotion: 'reduce' });
        await page.goto(langOf(intent.pay_url, 'en'));

        expect(await stateOf(page)).toBe(state);
        expect(await page.locator('svg[role=img]').count()).toBe(0);
        expect(await barriers(page)).toEqual([]);
      });

      expect(said).toEqual([]);
    },
  );

  it.each([
    ['EUR', 'bank_transfer', 1],
    ['GBP', 'bank_transfer_gbp', 0],
  ])('spells a transfer of %s out for those who type, without barriers', async (currency, channel, codes) => {
    const intent = await shop.create({ amount: { currency, value: 123_450 }, channel });

    for (const [lang, text] of Object.entries(LANGUAGES)) {
      const { said } = await inTab(async (page) => {
        await page.setViewportSize({ width: 320, height: 640 });
        await page.emulateMedia({ reducedMotion: 'reduce' });
        await page.goto(langOf(intent.pay_url, lang));

        const typed = page.locator('.transfer dl div', { hasText: text.fields.reference }).locator('dd');
        expect(await typed.innerText()).toMatch(/^RF[0-9]{2}[0-9A-Z]{12}$/);
        expect(await page.locator('svg[role=img]').count()).toBe(codes);
        expect(await tooWide(page)).toBe(false);
        expect(await barriers(page)).toEqual([]);
      });

      expect(said).toEqual([]);
    }
  });

  it.each([
    ['the narrowest screen', 320, 640],
    ['twice the size', 640, 400],
  ])('fits %s without scrolling sideways', async (_what, width, height) => {
    for (const state of ['waiting', 'paid'] as const) {
      const intent = await shop.states[state]();
      await inTab(async (page) => {
        await page.setViewportSize({ width, height });
        for (const lang of Object.keys(LANGUAGES)) {
          await page.goto(langOf(intent.pay_url, lang));
          expect(await tooWide(page)).toBe(false);
        }
      });
    }
  });

  describe('the display token', () => {
    it('is in no address, no history and no Referer once the page is there', async () => {
      const intent = await shop.create();
      const token = new URL(intent.pay_url).searchParams.get('t')!;
      const referers: string[] = [];

      const { asked } = await inTab(async (page) => {
        page.on('request', (request) => referers.push(request.headers()['referer'] ?? ''));
        await page.goto('about:blank');
        await page.goto(intent.pay_url);
        await page.waitForSelector('[data-countdown]:not(:empty)');

        expect(page.url()).toBe(`${shop.origin}/itpay/pay/${intent.id}`);
        expect(await page.content()).not.toContain(token);
        expect(await page.evaluate('document.cookie')).toBe('');
        expect(await page.evaluate('history.length')).toBe(2);
        await page.reload();
        expect(await stateOf(page)).toBe('waiting');
        const image = await page.evaluate(
          `fetch(document.querySelector('a[download]').href).then((answer) => answer.headers.get('content-type'))`,
        );
        expect(image).toBe('image/png');
      });

      expect(asked.filter((url) => url.includes(token)).map((url) => new URL(url).searchParams.get('cookie'))).toEqual([
        null,
        'tried',
      ]);
      expect(new Set(referers)).toEqual(new Set(['']));
    });

    it('of two payments side by side stay apart', async () => {
      const [one, other] = [await shop.create(), await shop.create()];

      await inTab(async (first) => {
        await first.goto(one.pay_url);
        await inTab(async (second) => {
          await second.goto(other.pay_url);
          await first.reload();
          await shop.pay(one);
          await first.waitForSelector('main[data-state=paid]');
          expect(await stateOf(second)).toBe('waiting');
        });
      });
    });

    it('is asked for again where the cookie is missing', async () => {
      const intent = await shop.create();

      await inTab(async (page) => {
        const answer = await page.goto(`${shop.origin}/itpay/pay/${intent.id}?lang=th`);

        expect(answer!.status()).toBe(404);
        expect(await page.innerText('h1')).toBe(LANGUAGES.th.states.locked.title);
        expect(await barriers(page)).toEqual([]);
      });
    });
  });

  describe('once it is paid', () => {
    it('says so at once, by the event stream and without a reload', async () => {
      const intent = await shop.create();

      const { asked } = await inTab(async (page) => {
        const streaming = page.waitForResponse((answer) => answer.url().includes('/stream?'));
        await page.goto(langOf(intent.pay_url, 'en'));
        await page.evaluate('window.sameDocument = true');
        expect((await streaming).headers()['content-type']).toBe('text/event-stream');

        await shop.pay(intent);
        await page.waitForSelector('main[data-state=paid]');

        expect(await page.evaluate('window.sameDocument')).toBe(true);
        expect(await page.innerText('#announcer')).toBe('Payment received');
        expect(await page.locator('svg[role=img]').count()).toBe(0);
        expect(await page.innerText('.receipt')).toMatch(
          new RegExp(`Jan 1, 2025[^]*${intent.order_reference}[^]*${intent.id}`),
        );
        expect(await page.getAttribute('a.button', 'href')).toBe('https://baan-kafe.example/thanks');
      });

      expect(asked.filter((url) => url.includes('/wait?'))).toEqual([]);
    });

    it('says so by asking where the event stream is blocked', async () => {
      const intent = await shop.create();

      await inTab(async (page) => {
        await page.route('**/stream?*', (route) => route.abort());
        const polling = page.waitForRequest((request) => request.url().includes('/wait?'));
        await page.goto(intent.pay_url);
        await polling;

        await shop.pay(intent);
        await page.waitForSelector('main[data-state=paid]');
      });
    });

    it('prints as a receipt: no buttons, no languages, black on white', async () => {
      const intent = await shop.states.paid();

      await inTab(async (page) => {
        await page.goto(langOf(intent.pay_url, 'en'));
        await page.emulateMedia({ media: 'print', colorScheme: 'dark' });

        const printed = await page.innerText('body');
        expect(printed).toMatch(/Baan Kafe[^]*1,234\.50[^]*Payment received[^]*Paid on[^]*order-/);
        expect(printed).not.toMatch(/Print receipt|Back to|Bahasa/);
        expect(await page.evaluate('getComputedStyle(document.body).color')).toBe('rgb(0, 0, 0)');
      });
    });
  });

  it('shows a new code to a payer whose wallet does not read the first, by keyboard', async () => {
    const intent = await shop.create();

    const { said } = await inTab(async (page) => {
      await page.goto(langOf(intent.pay_url, 'en'));
      const charge = () => page.getAttribute('a[download]', 'href');
      const before = await charge();

      await page.focus('[data-new-code]');
      await page.keyboard.press('Enter');
      await page.waitForSelector('#announcer:has-text("This is a new code.")', { state: 'attached' });

      expect(await charge()).not.toBe(before);
      expect(await page.evaluate(`document.activeElement.hasAttribute('data-new-code')`)).toBe(true);
    });

    expect(said).toEqual([]);
  });

  it('changes the language by keyboard and stays at the payment', async () => {
    const intent = await shop.create();

    await inTab(async (page) => {
      await page.goto(intent.pay_url);
      await page.focus('a[hreflang=id]');
      await page.keyboard.press('Enter');
      await page.waitForSelector('html[lang=id]');

      expect(await page.title()).toBe('Bayar ฿1.234,50 THB ke Baan Kafe');
      expect(page.url()).toBe(`${shop.origin}/itpay/pay/${intent.id}?lang=id`);
    });
  });

  it('asks for nothing while nobody looks, and at once when the payer is back', async () => {
    const intent = await shop.create();

    await inTab(async (page) => {
      const closed = page.waitForEvent('requestfailed', (request) => request.url().includes('/stream?'));
      const streaming = page.waitForResponse((answer) => answer.url().includes('/stream?'));
      await page.goto(intent.pay_url);
      await streaming;
      await page.evaluate(look('hidden'));
      await closed;
      await shop.pay(intent);

      expect(await stateOf(page)).toBe('waiting');
      await page.evaluate(look('visible'));
      await page.waitForSelector('main[data-state=paid]');
    });
  });

  const look = (state: string) =>
    `Object.defineProperty(document, 'visibilityState', { value: '${state}', configurable: true });
     document.dispatchEvent(new Event('visibilitychange'))`;
});
