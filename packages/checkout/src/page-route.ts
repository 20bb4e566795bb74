import { defineRoute, type Clock, type DisplayTokens, type Route, type RouteAnswer } from '@itpay/kernel';
import type { PaymentApi, PayerView } from '@itpay/payment';
import { z } from 'zod';
import type { Assets } from './assets.js';
import type { Messages } from './messages.js';
import { renderMissingPage } from './page/missing-page.js';
import { renderPayPage } from './page/pay-page.js';

export interface PageRouteDependencies {
  readonly payments: Pick<PaymentApi, 'payerView'>;
  readonly tokens: Pick<DisplayTokens, 'verify'>;
  readonly clock: Clock;
  readonly assets: Assets;
  readonly text: Messages;
}

/**
 * The pay page of one intent. Opening it changes nothing, because link previews open links too.
 *
 * Public for the gateway, which would refuse a bad token with JSON: who follows a broken link is a person and gets a page.
 */
export function pageRoute({ payments, tokens, clock, assets, text }: PageRouteDependencies): Route {
  return defineRoute({
    method: 'GET',
    path: '/pay/{id}',
    summary: 'The pay page of a payment intent',
    tag: 'Pay page',
    access: 'public',
    hidden: true,
    params: z.object({ id: z.string() }),
    // Not strict: chat apps add parameters of their own to links (fbclid, …), which is not the payer's fault.
    query: z.object({ t: z.string().optional() }),
    answers: {
      200: { description: 'The page', contentType: HTML },
      404: { description: 'The link is incomplete or has ended', contentType: HTML },
    },
    errors: [],
    async run({ params, query }) {
      const token = query.t ?? '';
      const view = await viewFor(params.id, token);
      if (view === null) return htmlAnswer(404, renderMissingPage({ assets, text }));
      return htmlAnswer(200, renderPayPage({ view, token, now: clock.now(), assets, text }));
    },
  });

  async function viewFor(intentId: string, token: string): Promise<PayerView | null> {
    return tokens.verify(token) === intentId ? payments.payerView(intentId) : null;
  }
}

const HTML = 'text/html; charset=utf-8';

const PAGE_HEADERS = {
  // Everything the page needs comes from this origin. The merchant's text is escaped; this is the second lock.
  'Content-Security-Policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'Referrer-Policy': 'no-referrer', // the address holds the display token
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'X-Robots-Tag': 'noindex, nofollow',
};

function htmlAnswer(status: number, page: string): RouteAnswer {
  return { status, content: { type: HTML, bytes: page }, headers: PAGE_HEADERS };
}
