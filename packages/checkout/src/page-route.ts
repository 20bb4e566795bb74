import {
  defineRoute,
  displayCookie,
  type Clock,
  type DisplayTokens,
  type Route,
  type RouteAnswer,
  type Settings,
} from '@itpay/kernel';
import type { PaymentApi, PayerView } from '@itpay/payment';
import { z } from 'zod';
import type { Assets } from './assets.js';
import { chooseLanguage } from './messages/choose-language.js';
import { renderMissingPage } from './page/missing-page.js';
import { openingOf } from './page/opening.js';
import { renderPayPage } from './page/pay-page.js';

export interface PageRouteDependencies {
  readonly payments: Pick<PaymentApi, 'payerView'>;
  readonly tokens: Pick<DisplayTokens, 'verify'>;
  readonly clock: Clock;
  readonly settings: Settings;
  readonly assets: Assets;
}

/** How long after its expiry a payment still opens without its link: for the receipt. */
const COOKIE_AFTER_EXPIRY_MS = 3_600_000;

/**
 * The pay page of one intent. Opening it changes nothing, because link previews open links too.
 *
 * Public for the gateway, which would refuse a bad token with JSON: who follows a broken link is a person and gets a page.
 * Raw, because the cookie and the reader's languages are in the headers.
 */
export function pageRoute({ payments, tokens, clock, settings, assets }: PageRouteDependencies): Route {
  return defineRoute({
    method: 'GET',
    path: '/pay/{id}',
    summary: 'The pay page of a payment intent',
    tag: 'Pay page',
    access: 'public',
    // A token is checked before anything is read; what one payer asks for is bounded by the limits of the API behind the page.
    rate: 'none',
    hidden: true,
    raw: true,
    params: z.object({ id: z.string() }),
    answers: {
      200: { description: 'The page', contentType: HTML },
      303: { description: 'The same page at an address without the token, which is in a cookie from now on' },
      404: { description: 'The link is incomplete or has ended', contentType: HTML },
    },
    errors: [],
    async run({ params, raw }) {
      const { id } = params;
      const query = new URLSearchParams(raw.path.split('?').slice(1).join('?'));
      const language = chooseLanguage(query.get('lang'), raw.headers['accept-language']);
      const opening = openingOf({ intentId: id, query, cookie: raw.headers['cookie'] }, tokens);
      const missing = (because: 'missing' | 'locked') =>
        htmlAnswer(404, renderMissingPage({ because, assets, language, token: query.get('t') }));

      if (opening.kind === 'missing' || opening.kind === 'locked') return missing(opening.kind);
      if (opening.kind === 'clean') return redirect(opening.location);
      const view = await payments.payerView(id);
      if (view === null) return missing('missing');
      if (opening.kind === 'exchange') return redirect(opening.location, cookieFor(view, opening.token));
      const { proof, self } = opening;
      return htmlAnswer(200, renderPayPage({ view, proof, self, now: clock.now(), assets, language }));
    },
  });

  function cookieFor({ expiresAt }: PayerView, token: string): Record<string, string> {
    const leftMs = Math.max(0, expiresAt.getTime() - clock.now().getTime());
    const maxAgeSeconds = Math.ceil((leftMs + COOKIE_AFTER_EXPIRY_MS) / 1000);
    return { 'Set-Cookie': displayCookie(token, { publicUrl: settings.publicUrl, maxAgeSeconds }) };
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
  'Referrer-Policy': 'no-referrer', // the address may hold the display token
  'Cache-Control': 'no-store',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), microphone=(), geolocation=(), payment=()',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'X-Robots-Tag': 'noindex, nofollow',
};

function htmlAnswer(status: number, page: string): RouteAnswer {
  return { status, content: { type: HTML, bytes: page }, headers: PAGE_HEADERS };
}

function redirect(location: string, headers: Readonly<Record<string, string>> = {}): RouteAnswer {
  return { status: 303, headers: { ...PAGE_HEADERS, Location: location, ...headers } };
}
