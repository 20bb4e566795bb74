import { API_VERSION } from '@itpay/core';
import { displayCookie, DisplayTokens, secretsFrom, type Route, type RouteAnswer } from '@itpay/kernel';
import type { IntentStatus, PayerView } from '@itpay/payment';
import { describe, expect, it } from 'vitest';
import { readAssets } from './assets.js';
import { pageRoute } from './page-route.js';

const ID = 'pi_01jd9m4zk8e6rt2v5x7y9abcde';
const NOW = new Date('2026-11-22T07:00:00.000Z');
const tokens = new DisplayTokens(secretsFrom(['0123456789abcdef0123456789abcdef']));
const PUBLIC_URL = 'https://shop.example/itpay';
const assets = await readAssets();
const aCode = { scannable: true, instructions: [] };

describe('while the payment is open', () => {
  it('shows the code, whom and how much to pay, and how long', async () => {
    const page = await open({});

    expect(page).toContain('<svg id="the-code"');
    expect(page).toContain('Baan Kafe');
    expect(page).toContain('Two flat whites');
    expect(page).toContain('<span class="figure">฿1,234.50</span> <span class="code">THB</span>');
    expect(page).toContain('Scan with any Thai banking app');
    expect(page).toContain('Waiting for your payment');
    expect(page).toContain('<title>Pay ฿1,234.50 THB to Baan Kafe</title>');
    expect(page).toContain(`data-expires="${NOW.getTime() + 900_000}"`);
    expect(page).toContain(`data-now="${NOW.getTime()}"`);
  });

  it('tells the script where to listen and to wait, without the token', async () => {
    const page = await open({ version: 7 });

    expect(page).toContain(`data-wait="../v1/payment-intents/${ID}/wait?t=${ID}"`);
    expect(page).toContain(`data-stream="../v1/payment-intents/${ID}/stream?t=${ID}"`);
    expect(page).toContain(`data-qr="../v1/payment-intents/${ID}/qr?t=${ID}"`);
    expect(page).not.toContain(tokens.issue(ID));
    expect(page).toContain('data-cursor="7"');
    expect(page).toContain('role="status" aria-live="polite"');
  });

  it('offers the code as a file to those who pay on the same phone', async () => {
    const page = await open({});

    expect(page).toContain(`href="../v1/qr-charges/qr_1/image.png?t=${ID}" download=`);
  });

  it('spells a transfer out beside its code, for those who type', async () => {
    const instructions = [
      { field: 'iban', value: 'DE89370400440532013000' },
      { field: 'reference', value: 'RF<18>' },
    ] as const;
    const page = await open({
      qr: { chargeId: 'qr_1', svg: '<svg id="the-code"/>', deepLink: null, scannable: true, instructions },
    });

    expect(page).toContain('<svg id="the-code"');
    expect(page).toContain('Or enter the transfer yourself');
    expect(page).toMatch(/<dt>IBAN<\/dt>\s*<dd><bdi>DE89370400440532013000<\/bdi><\/dd>/);
    expect(page).toMatch(/<dt>Transfer reference<\/dt>\s*<dd><bdi>RF&lt;18&gt;<\/bdi><\/dd>/);
    expect(await open({})).not.toContain('enter the transfer');
  });

  it('shows no code where no bank app would read it', async () => {
    const instructions = [{ field: 'account_number', value: '31926819' }] as const;
    const page = await open({
      qr: { chargeId: 'qr_1', svg: '<svg id="the-code"/>', deepLink: null, scannable: false, instructions },
    });

    expect(page).not.toContain('<svg id="the-code"');
    expect(page).not.toContain('image.png');
    expect(page).not.toContain('data-new-code');
    expect(page).toContain('Make a bank transfer');
    expect(page).toContain('31926819');
    expect(page).toContain('Waiting for your payment');
  });

  it('works without a script: there is a link to check again', async () => {
    const page = await open({});

    expect(page).toMatch(/<noscript>.*?href="\?".*?<\/noscript>/s);
  });

  it('has no link back to the shop, which would lose the payment', async () => {
    expect(await open({ returnUrl: 'https://shop.example/' })).not.toContain('shop.example');
  });

  it('names the rail where it has no better word', async () => {
    const page = await open({ channel: { id: 'qris', displayName: 'QRIS' } });

    expect(page).toContain('Scan with an app that supports QRIS');
    const transfer = await open({ channel: { id: 'bank_transfer_sgd', displayName: 'PayNow' } });
    expect(transfer).toContain('Scan with your banking app');
  });

  it('calls a shop without a name "the shop"', async () => {
    expect(await open({ merchantName: ' ' })).toContain('<bdi>the shop</bdi>');
  });
});

describe.each([
  // status            heading                              live
  ['pending', 'Preparing your code', true],
  ['authorized', 'Confirming your payment', true],
  ['captured', 'Payment received', false],
  ['succeeded', 'Payment received', false],
  ['expired', 'This payment has expired', false],
  ['cancelled', 'This payment was cancelled', false],
  ['failed', 'The payment did not go through', false],
] as const)('when the payment is %s', (status, heading, live) => {
  it(`says "${heading}" and shows no code`, async () => {
    const qr =
      status === 'pending' ? null : { chargeId: 'qr_1', svg: '<svg id="the-code"/>', deepLink: null, ...aCode };

    const page = await open({ status, qr });

    expect(page).toMatch(new RegExp(`<h1[^>]*>${heading}</h1>`));
    expect(page).toContain(`data-announce="${heading}"`);
    expect(page).not.toContain('the-code');
    expect(page).not.toContain('qr_1');
    expect(page).not.toContain('data-expires');
  });

  it(live ? 'keeps waiting' : 'waits no more and leads back to the shop', async () => {
    const page = await open({ status, qr: null, returnUrl: 'https://shop.example/thanks?o=1&p=2' });

    expect(page.includes('data-wait=')).toBe(live);
    expect(page.includes('<noscript>')).toBe(live);
    expect(page.includes('href="https://shop.example/thanks?o=1&amp;p=2" rel="noreferrer">Back to Baan Kafe</a>')).toBe(
      !live,
    );
  });
});

it.each([
  ['alipays://platformapi/startapp?a=1&b=2', 'href="alipays://platformapi/startapp?a=1&amp;b=2">Open PromptPay</a>'],
  ['javascript:alert(1)', null],
])('leads a payer on the same phone into the app: %s', async (deepLink, link) => {
  const page = await open({ qr: { chargeId: 'qr_1', svg: '<svg/>', deepLink, ...aCode } });

  if (link === null) expect(page).not.toContain('Open PromptPay');
  else expect(page).toContain(link);
});

it.each([
  ['wechat', 'WeChat Pay', 'en', 'Scan with WeChat', 'WeChat Pay QR code'],
  ['wechat', 'WeChat Pay', 'zh', '请用微信扫码', '微信支付 二维码'],
  ['alipay', 'Alipay', 'zh', '请用支付宝扫码', '支付宝 二维码'],
  ['alipay', 'Alipay', 'th', 'สแกนด้วยแอป Alipay', 'Alipay'],
  ['pix', 'Pix', 'zh', '请用支持 Pix 的 App 扫码', 'Pix 二维码'],
])('calls %s (%s) what payers call it: %s', async (id, displayName, lang, heading, caption) => {
  const channel = { id, displayName };
  const asked = { id: ID, headers: { cookie: cookieOf(ID) }, search: `?lang=${lang}`, query: { lang } };
  const page = textOf(await request(asked, async () => viewOf({ channel })));

  expect(page).toContain(`<h2>${heading}</h2>`);
  expect(page).toContain(caption);
});

it('is a receipt once it is paid, with a time that the script can bring to the payer’s clock', async () => {
  const page = await open({ status: 'succeeded', qr: null, succeededAt: NOW, orderReference: 'order-7' });

  const rows = [...page.matchAll(/<dt>(.*?)<\/dt>\s*<dd>(.*?)<\/dd>/gs)].map(([, name, value]) => [
    name,
    value!.replaceAll(/<[^>]*>/g, ''),
  ]);
  expect(rows).toEqual([
    ['Paid on', expect.stringMatching(/^Nov 22, 2026, 7:00\sAM UTC$/)],
    ['Paid with', 'PromptPay'],
    ['Order', 'order-7'],
    ['Payment reference', ID],
  ]);
  expect(page).toContain('<time datetime="2026-11-22T07:00:00.000Z" data-local-time>');
});

it('shows no code once the time is over, even while the intent is still open', async () => {
  const page = await open({ expiresAt: NOW });

  expect(page).toContain('The time is over');
  expect(page).toContain('data-wait=');
  expect(page).not.toContain('the-code');
});

describe('in test mode', () => {
  it('says that the code cannot be paid', async () => {
    expect(await open({ livemode: false })).toContain('Test mode: this code cannot be paid');
  });

  it('says that no money moved when there is no code', async () => {
    expect(await open({ livemode: false, status: 'succeeded', qr: null })).toContain('Test mode: no real money moves');
  });

  it('is silent about it in live mode', async () => {
    expect(await open({ livemode: true })).not.toContain('Test mode');
  });
});

describe('what a merchant writes', () => {
  const hostile = `</title></main><script>alert("1")</script><img src=x onerror='alert(2)'>`;

  it.each(['waiting', 'paid'])('stands as text on the page when it is %s', async (state) => {
    const paid = state === 'paid' ? { status: 'succeeded' as const, qr: null, succeededAt: NOW } : {};

    const page = await open({
      ...paid,
      merchantName: hostile,
      description: hostile,
      channel: { id: hostile, displayName: hostile },
      returnUrl: 'https://shop.example/',
    });

    expect(page.match(/<script/g)).toEqual(['<script']);
    expect(page).not.toContain('<img');
    expect(page.replaceAll(/"[^"]*"/g, '""')).not.toMatch(/<[^>]*\son\w+=/);
    expect(page).toContain('&lt;script&gt;alert(&quot;1&quot;)');
  });

  it('becomes no link when it is not a web address', async () => {
    const page = await open({ status: 'succeeded', qr: null, returnUrl: 'javascript:alert(1)' });

    expect(page).not.toContain('javascript:');
    expect(page).not.toContain('class="button"');
  });
});

describe('a link that does not lead to a payment', () => {
  const other = 'pi_01jd9m4zk8e6rt2v5x7y9abcdf';

  it.each([
    ['has an empty token', ID, { t: '' }, 0],
    ['has half a token', ID, { t: tokens.issue(ID).slice(0, -4) }, 0],
    ["has another intent's token", ID, { t: tokens.issue(other) }, 0],
    ['names another intent', other, { t: tokens.issue(ID) }, 0],
    ['names an intent that is gone', other, { t: tokens.issue(other) }, 1],
    ['names no intent at all', '<script>', { t: tokens.issue(ID) }, 0],
  ])('because it %s gets a page that says so', async (_because, id, query, looks) => {
    const asked: string[] = [];
    const answer = await request({ id, query }, async (intentId) => {
      asked.push(intentId);
      return intentId === ID ? viewOf({}) : null;
    });

    expect(answer.status).toBe(404);
    expect(answer.content?.type).toBe('text/html; charset=utf-8');
    expect(textOf(answer)).toContain('The link is incomplete or has expired.');
    expect(textOf(answer)).not.toMatch(/Baan Kafe|<script/);
    expect(answer.headers).not.toHaveProperty('Set-Cookie');
    expect(asked).toHaveLength(looks);
  });

  it.each([undefined, cookieOf(other), cookieOf(ID).slice(0, -4)])(
    'because the browser has no cookie of it (%s) says to open the link again',
    async (cookie) => {
      const answer = await request({ id: ID, headers: { cookie } });

      expect(answer.status).toBe(404);
      expect(textOf(answer)).toContain('Please open the payment link again');
      expect(textOf(answer)).not.toMatch(/Baan Kafe|<script/);
    },
  );
});

describe('the display token', () => {
  const token = tokens.issue(ID);

  it('goes into a cookie, and out of the address', async () => {
    const first = await request({ id: ID, query: { t: token, lang: 'th' } });
    const cookie = first.headers!['Set-Cookie']!;
    const second = await request({
      id: ID,
      search: first.headers!['Location']!,
      headers: { cookie: cookie.split(';')[0] },
    });

    expect([first.status, second.status]).toEqual([303, 303]);
    expect(cookie).toMatch(/^itpay_\S+; Path=\/itpay; Max-Age=4500; HttpOnly; SameSite=Lax; Secure$/);
    expect(first.headers).toMatchObject({ 'Referrer-Policy': 'no-referrer', 'Cache-Control': 'no-store' });
    expect(second.headers).toMatchObject({ 'Referrer-Policy': 'no-referrer', Location: `${ID}?lang=th` });
    expect(second.headers).not.toHaveProperty('Set-Cookie');
  });

  it('stays in the address where the browser keeps no cookies, and the page works', async () => {
    const first = await request({ id: ID, query: { t: token } });
    const page = await request({ id: ID, search: first.headers!['Location']! });

    expect(page.status).toBe(200);
    expect(textOf(page)).toContain(`data-stream="../v1/payment-intents/${ID}/stream?t=${token}"`);
    expect(textOf(page)).toContain(`href="?t=${token}&amp;cookie=tried&amp;lang=zh"`);
  });
});

describe('the language', () => {
  it.each([
    [{ lang: 'th' }, 'zh', 'th', 'รอการชำระเงิน'],
    [{}, 'zh-CN,en;q=0.5', 'zh-Hans', '等待付款'],
    [{}, 'id', 'id', 'Menunggu pembayaran Anda'],
    [{}, undefined, 'en', 'Waiting for your payment'],
  ])('of %o with Accept-Language %s is %s', async (query, accepted, lang, title) => {
    const answer = await request({ id: ID, query, headers: { cookie: cookieOf(ID), 'accept-language': accepted } });

    expect(textOf(answer)).toContain(`<html lang="${lang}">`);
    expect(textOf(answer)).toContain(title);
  });

  it('is offered on the page, also where there is no payment', async () => {
    for (const page of [await open({}), textOf(await request({ id: ID }))]) {
      const offered = [...page.matchAll(/href="\?lang=(\w+)"/g)].map(([, lang]) => lang);
      expect(offered).toEqual(['en', 'zh', 'th', 'id']);
      expect(page.match(/aria-current="true"[^>]*>\s*English/)).not.toBeNull();
    }
  });

  it('names the code to those who hear the page', async () => {
    const qr = { chargeId: 'qr_1', svg: '<svg role="img"><title>QR code</title></svg>', deepLink: null, ...aCode };
    const answer = await request({ id: ID, query: { lang: 'id' }, headers: { cookie: cookieOf(ID) } }, async () =>
      viewOf({ qr, channel: { id: 'qris', displayName: '$& <QRIS>' } }),
    );

    expect(textOf(answer)).toContain('<title>Kode QR $&amp; &lt;QRIS&gt;</title></svg>');
  });
});

it.each([
  ['the page', { cookie: cookieOf(ID) }, 200],
  ['the page of a broken link', {}, 404],
])('locks down %s by its headers', async (_page, headers, status) => {
  const answer = await request({ id: ID, headers });

  expect(answer.status).toBe(status);
  expect(answer.headers).toEqual({
    'Content-Security-Policy':
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
      "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    'Referrer-Policy': 'no-referrer',
    'Cache-Control': 'no-store',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Permissions-Policy': 'camera=(), microphone=(), geolocation=(), payment=()',
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    'X-Robots-Tag': 'noindex, nofollow',
  });
});

it.each<IntentStatus>(['qr_generated', 'succeeded'])(
  'holds nothing inline that its own policy forbids (%s)',
  async (status) => {
    const page = await open({ status });

    expect(page).not.toMatch(/\sstyle=|<style/);
    expect(page).not.toMatch(/<script(?![^>]*\ssrc=")/);
    expect([...page.matchAll(/(?:src|<link[^>]*href)="([^"]*)"/g)].map(([, address]) => address)).toEqual([
      'data:,',
      `../assets/pay.css?v=${assets.style.version}`,
      `../assets/pay.js?v=${assets.script.version}`,
    ]);
  },
);

function viewOf(changes: Partial<PayerView>): PayerView {
  return {
    intentId: ID,
    livemode: true,
    status: 'qr_generated',
    amount: { currency: 'THB', value: 123450n },
    description: 'Two flat whites',
    orderReference: null,
    merchantName: 'Baan Kafe',
    channel: { id: 'promptpay', displayName: 'PromptPay' },
    version: 2,
    expiresAt: new Date(NOW.getTime() + 900_000),
    succeededAt: null,
    returnUrl: null,
    qr: { chargeId: 'qr_1', svg: '<svg id="the-code"></svg>', deepLink: null, ...aCode },
    ...changes,
  };
}

/** The page in a browser that has opened its link before. */
async function open(changes: Partial<PayerView>): Promise<string> {
  const answer = await request({ id: ID, headers: { cookie: cookieOf(ID) } }, async () => viewOf(changes));
  expect(answer.status).toBe(200);
  return textOf(answer);
}

interface Asked {
  readonly id: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly search?: string;
  readonly headers?: Readonly<Record<string, string | undefined>>;
}

/** Calls the route as the gateway does. */
function request(
  {
    id,
    query = {},
    search = `?${new URLSearchParams({ ...query, fbclid: 'added by a chat app' })}`,
    headers = {},
  }: Asked,
  payerView: (intentId: string) => Promise<PayerView | null> = async () => viewOf({}),
): Promise<RouteAnswer> {
  const settings = { publicUrl: PUBLIC_URL };
  const route: Route = pageRoute({ payments: { payerView }, tokens, clock: { now: () => NOW }, settings, assets });
  return route.run({
    requestId: 'req_1',
    params: route.params.parse({ id }),
    query: undefined,
    body: undefined,
    raw: { method: 'GET', path: `/itpay/pay/${id}${search}`, headers, rawBody: new Uint8Array(), remoteAddress: null },
    principal: null,
    displayIntentId: null,
    idempotencyKey: null,
    apiVersion: API_VERSION,
    signal: new AbortController().signal,
  });
}

function cookieOf(intentId: string): string {
  return displayCookie(tokens.issue(intentId), { publicUrl: PUBLIC_URL, maxAgeSeconds: 60 }).split(';')[0]!;
}

function textOf(answer: RouteAnswer): string {
  return String(answer.content?.bytes);
}
