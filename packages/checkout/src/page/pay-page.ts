import type { PayerView } from '@itpay/payment';
import type { Assets } from '../assets.js';
import type { Messages } from '../messages.js';
import { amountLine, readableAmount } from './amount.js';
import { html, trusted, type Html } from './html.js';
import { icon } from './icon.js';
import { renderDocument } from './layout.js';
import { isLive, pageStateOf, showsCode, type PageState } from './page-state.js';
import { returnHref } from './return-link.js';

export interface PayPageInput {
  readonly view: PayerView;
  /** The display token that the page was opened with; it goes on to what the page asks for. */
  readonly token: string;
  readonly now: Date;
  readonly assets: Assets;
  readonly text: Messages;
}

interface Page extends PayPageInput {
  readonly state: PageState;
  readonly merchant: string;
}

/** The page of an intent, complete without its script: the script keeps it up to date. */
export function renderPayPage(input: PayPageInput): string {
  const { view, now, assets, text } = input;
  const merchant = view.merchantName.trim() || text.shop;
  const page: Page = { ...input, merchant, state: pageStateOf(view, now) };
  const heading = text.states[page.state].title;
  const amount = amountLine(view.amount, text.language);
  return renderDocument({
    title: showsCode(page.state) ? text.payTitle(amount, merchant) : text.stateTitle(heading, merchant),
    language: text.language,
    footer: text.poweredBy,
    assets,
    withScript: true,
    main: html`<main class="card ${showsCode(page.state) ? 'open' : 'ended'}" ${dataOf(page)}>
      ${testBadge(page)} ${summary(page)} ${showsCode(page.state) ? payment(page) : outcome(page)} ${reference(page)}
    </main>`,
  });
}

/** What the script needs to know. Times are milliseconds of the server's clock. */
function dataOf({ view, token, now, text, state }: Page): Html {
  const wait = `../v1/payment-intents/${view.intentId}/wait?t=${encodeURIComponent(token)}`;
  return html`data-state="${state}" data-cursor="${view.version}" data-now="${now.getTime()}"
  data-announce="${text.states[state].title}" data-lost="${text.connectionLost}"
  ${isLive(state, view) && html`data-wait="${wait}"`}
  ${showsCode(state) && html`data-expires="${view.expiresAt.getTime()}" data-over="${text.timeOver}"`}`;
}

function testBadge({ view, text, state }: Page): Html | false {
  return !view.livemode && html`<p class="test">${showsCode(state) ? text.testCode : text.testPage}</p>`;
}

function summary({ view, text, merchant, state }: Page): Html {
  const { figure, code } = readableAmount(view.amount, text.language);
  const amount = html`<span class="figure">${figure}</span>${code !== '' && html` <span class="code">${code}</span>`}`;
  const size = figure.length > 14 ? 'amount long' : 'amount';
  const initial = [...merchant][0]!.toLocaleUpperCase(text.language);
  return html`<section class="summary">
    <div class="merchant">
      <span class="initial" aria-hidden="true">${initial}</span>
      <p><span class="label">${state === 'paid' ? text.paidTo : text.payTo}</span> <bdi>${merchant}</bdi></p>
    </div>
    <p class="label amount-label">${text.amount}</p>
    ${showsCode(state) ? html`<h1 class="${size}" tabindex="-1">${amount}</h1>` : html`<p class="${size}">${amount}</p>`}
    ${view.description !== null && html`<p class="description"><bdi>${view.description}</bdi></p>`}
  </section>`;
}

function reference({ view, text }: Page): Html {
  return html`<p class="reference">
    <span class="label">${text.reference}</span> <span class="id">${view.intentId}</span>
  </p>`;
}

function payment(page: Page): Html | false {
  const { view, token, text, state } = page;
  if (view.qr === null) return false;
  const { id, displayName } = view.channel;
  const image = `../v1/qr-charges/${view.qr.chargeId}/image.png?t=${encodeURIComponent(token)}`;
  return html`<section class="payment">
    <h2>${text.scanWith(id, displayName)}</h2>
    <figure class="qr">
      ${trusted(view.qr.svg)}
      <figcaption>${text.codeOf(displayName)}</figcaption>
    </figure>
    ${status(page)}
    <p class="countdown" data-live hidden>
      <span class="label">${text.timeLeft}</span> <span role="timer" data-countdown></span>
    </p>
    <p class="detail" data-live hidden>${text.states[state].detail}</p>
    <p class="hint">${text.samePhone} <a href="${image}" download="${view.intentId}.png">${text.saveImage}</a></p>
  </section>`;
}

function status({ text, state, token }: Page): Html {
  return html`<p class="status">
      <span class="spinner" aria-hidden="true"></span> <span data-status>${text.states[state].title}</span>
    </p>
    ${noScript(text, token)}`;
}

function outcome(page: Page): Html {
  const { view, text, state, merchant, token } = page;
  const { title, detail } = text.states[state];
  const href = returnHref(view.returnUrl);
  return html`<section class="outcome">
    ${icon(state)}
    <h1 tabindex="-1" data-status>${title}</h1>
    ${state === 'paid' && view.succeededAt !== null && paidAt(view.succeededAt, text)}
    <p class="detail">${detail}</p>
    ${
      href !== null &&
      !isLive(state, view) &&
      html`<a class="button" href="${href}" rel="noreferrer">${text.backTo(merchant)}</a>`
    }
    ${isLive(state, view) && noScript(text, token)}
  </section>`;
}

// The server does not know where the payer is; the script rewrites the time for the payer's clock and zone.
function paidAt(at: Date, text: Messages): Html {
  const utc = new Intl.DateTimeFormat(text.language, { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' });
  return html`<p class="paid-at">
    ${text.paidAt} <time datetime="${at.toISOString()}" data-local-time>${utc.format(at)} UTC</time>
  </p>`;
}

function noScript(text: Messages, token: string): Html {
  return html`<noscript>
    <p class="no-script">${text.noScript} <a href="?t=${encodeURIComponent(token)}">${text.checkAgain}</a></p>
  </noscript>`;
}
