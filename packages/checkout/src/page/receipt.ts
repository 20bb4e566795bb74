import type { PayerView } from '@itpay/payment';
import type { Messages } from '../messages/messages.js';
import { channelName } from './channel-name.js';
import { html, type Html } from './html.js';

/** What a payer keeps of a payment. Merchant and amount stand above it; printed, the three are the receipt. */
export function renderReceipt(view: PayerView, text: Messages): Html {
  const { orderReference, succeededAt, intentId } = view;
  return html`<section class="receipt">
    <dl>
      ${succeededAt !== null && row(text.paidAt, timeOf(succeededAt, text))}
      ${row(text.paidWith, channelName(view, text))}
      ${orderReference !== null && row(text.order, html`<bdi>${orderReference}</bdi>`)}
      ${row(text.reference, html`<span class="id">${intentId}</span>`)}
    </dl>
    <button type="button" class="link" data-print data-live hidden>${text.printReceipt}</button>
  </section>`;
}

function row(name: string, value: string | Html): Html {
  return html`<div>
    <dt>${name}</dt>
    <dd>${value}</dd>
  </div>`;
}

// The server does not know where the payer is; the script rewrites the time for the payer's clock and zone.
function timeOf(at: Date, text: Messages): Html {
  const utc = new Intl.DateTimeFormat(text.language, { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' });
  return html`<time datetime="${at.toISOString()}" data-local-time>${utc.format(at)} UTC</time>`;
}
