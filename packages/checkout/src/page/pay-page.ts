import type { PayerView } from '@itpay/payment';
import type { Assets } from '../assets.js';
import { LANGUAGES, type Language } from '../messages/choose-language.js';
import type { Messages } from '../messages/messages.js';
import { amountLine, readableAmount } from './amount.js';
import { appHref } from './app-link.js';
import { channelName } from './channel-name.js';
import { html, trusted, type Html } from './html.js';
import { icon } from './icon.js';
import { renderDocument } from './layout.js';
import { isLive, pageStateOf, showsCode, type PageState } from './page-state.js';
import { renderReceipt } from './receipt.js';
import { returnHref } from './return-link.js';

export interface PayPageInput {
  readonly view: PayerView;
  /** What the page sends along with what it asks for: the display token, or the intent whose cookie holds it. */
  readonly proof: string;
  /** The query of the page's own address. */
  readonly self: URLSearchParams;
  readonly now: Date;
  readonly assets: Assets;
  readonly language: Language;
}

interface Page extends PayPageInput {
  readonly state: PageState;
  readonly merchant: string;
  readonly text: Messages;
}

/** The page of an intent, complete without its script: the script keeps it up to date. */
export function renderPayPage(input: PayPageInput): string {
  const { view, self, now, assets, language } = input;
  const text = LANGUAGES[language];
  const merchant = view.merchantName.trim() || text.shop;
  const page: Page = { ...input, merchant, text, state: pageStateOf(view, now) };
  const heading = text.states[page.state].title;
  const amount = amountLine(view.amount, text.language);
  return renderDocument({
    title: showsCode(page.state) ? text.payTitle(amount, merchant) : text.stateTitle(heading, merchant),
    language,
    self,
    assets,
    withScript: true,
    main: html`<main class="card ${showsCode(page.state) ? 'open' : 'ended'}" ${dataOf(page)}>
      ${testBadge(page)} ${summary(page)} ${showsCode(page.state) ? payment(page) : outcome(page)}
      ${page.state === 'paid' ? renderReceipt(view, text) : reference(page)}
    </main>`,
  });
}

/** What the script needs to know. Times are milliseconds of the server's clock. */
function dataOf({ view, proof, now, text, state }: Page): Html {
  const address = (what: string) => `../v1/payment-intents/${view.intentId}/${what}?t=${encodeURIComponent(proof)}`;
  return html`data-state="${state}" data-cursor="${view.version}" data-now="${now.getTime()}"
  data-announce="${text.states[state].title}" data-lost="${text.connectionLost}"
  ${isLive(state, view) && html`data-wait="${address('wait')}" data-stream="${address('stream')}"`}
  ${
    showsCode(state) &&
    html`data-expires="${view.expiresAt.getTime()}" data-over="${text.timeOver}" data-qr="${address('qr')}"
    data-code-shown="${text.newCodeShown}" data-code-failed="${text.newCodeFailed}"`
  }`;
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
  const { view, proof, text, state } = page;
  if (view.qr === null) return false;
  const { id } = view.channel;
  const name = channelName(view, text);
  const { scannable } = view.qr;
  const image = `../v1/qr-charges/${view.qr.chargeId}/image.png?t=${encodeURIComponent(proof)}`;
  return html`<section class="payment">
    <h2>${scannable ? text.scanWith(id, name) : text.transfer}</h2>
    ${
      scannable &&
      html`<figure class="qr">
        ${codeImage(view.qr.svg, page)}
        <figcaption>${text.codeOf(name)}</figcaption>
      </figure>`
    }
    ${transfer(page)} ${status(page)}
    <p class="countdown" data-live hidden>
      <span class="label">${text.timeLeft}</span> <span role="timer" data-countdown></span>
    </p>
    <p class="detail" data-live hidden>${text.states[state].detail}</p>
    ${openApp(page, view.qr.deepLink)}
    ${
      scannable &&
      html`<p class="hint same-phone">
        ${text.samePhone} <a href="${image}" download="${view.intentId}.png">${text.saveImage}</a>
      </p>`
    }
    ${
      scannable &&
      html`<p class="hint" data-live hidden>
        ${text.codeTrouble} <button type="button" class="link" data-new-code>${text.newCode}</button>
      </p>`
    }
  </section>`;
}

/** What a payer types who cannot scan. */
function transfer({ view, text }: Page): Html | false {
  const { instructions = [], scannable = true } = view.qr ?? {};
  if (instructions.length === 0) return false;
  return html`<div class="transfer">
    ${scannable && html`<h3>${text.orTransfer}</h3>`}
    <dl>
      ${instructions.map(
        ({ field, value }) =>
          html`<div>
            <dt>${text.fields[field]}</dt>
            <dd><bdi>${value}</bdi></dd>
          </div>`,
      )}
    </dl>
    <p class="hint">${text.transferHint}</p>
  </div>`;
}

// Shown on phones only: elsewhere nothing would open.
function openApp({ view, text }: Page, deepLink: string | null): Html | false {
  const href = appHref(deepLink);
  if (href === null) return false;
  return html`<p class="same-phone"><a class="button" href="${href}">${text.openApp(channelName(view, text))}</a></p>`;
}

// The image names itself in English; here it is named in the reader's language.
function codeImage(svg: string, { view, text }: Page): Html {
  const name = text.codeOf(channelName(view, text));
  const title = html`<title>${view.livemode ? name : `${name}. ${text.testCode}`}</title>`;
  return trusted(svg.replace(/<title>[^<]*<\/title>/, () => title.markup));
}

function status(page: Page): Html {
  return html`<p class="status">
      <span class="spinner" aria-hidden="true"></span> <span data-status>${page.text.states[page.state].title}</span>
    </p>
    ${noScript(page)}`;
}

function outcome(page: Page): Html {
  const { view, text, state, merchant } = page;
  const { title, detail } = text.states[state];
  const href = returnHref(view.returnUrl);
  return html`<section class="outcome">
    ${icon(state)}
    <h1 tabindex="-1" data-status>${title}</h1>
    <p class="detail">${detail}</p>
    ${
      href !== null &&
      !isLive(state, view) &&
      html`<a class="button" href="${href}" rel="noreferrer">${text.backTo(merchant)}</a>`
    }
    ${isLive(state, view) && noScript(page)}
  </section>`;
}

function noScript({ text, self }: Page): Html {
  return html`<noscript>
    <p class="no-script">${text.noScript} <a href="?${self.toString()}">${text.checkAgain}</a></p>
  </noscript>`;
}
