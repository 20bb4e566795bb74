import { randomUUID } from 'node:crypto';
import type { HostIntent, Refund } from 'itpay';
import { html, type Html } from '../html.js';
import type { Order } from '../orders.js';
import { day, inWords } from '../words.js';
import { hasRunOut, isOpen, isPaid, type Inflow, type OrderPayment, type OrderPayments } from './look.js';
import { methodOf, METHODS } from './methods.js';

/** The ways to pay, as a part of a form. */
export function methodChooser(chosen: string = METHODS[0]!.channel): Html {
  return html`<fieldset class="methods">
    <legend>How do you want to pay?</legend>
    ${METHODS.map(
      ({ channel, name, words }) =>
        html`<label>
          <input type="radio" name="method" value="${channel}" ${channel === chosen && 'checked'} />
          <span><strong>${name}</strong> ${words}</span>
        </label>`,
    )}
  </fieldset>`;
}

/** What the buyer of an order reads about paying it. */
export function buyerPanel(order: Order, { payments, aside }: OrderPayments, now: Date): Html {
  const latest = payments[0]?.intent;
  const paid = payments.find(({ intent }) => isPaid(intent));
  return html`<section class="card stack" aria-label="Payment">
    ${
      paid
        ? paidWords(paid)
        : order.status !== 'unpaid'
          ? html`<p class="notice good">Thank you. You paid at the counter.</p>`
          : aside.length > 0
            ? html`<p class="notice">
                <strong>Your money arrived, and we have to look at it.</strong>
                ${aside.map((inflow) => `${amountOf(inflow)} ${BUYERS_WORDS[inflow.kind]}`).join(' ')} We write to you
                today. Please do not pay again.
              </p>`
            : latest && isOpen(latest)
              ? hasRunOut(latest, now)
                ? RUN_OUT
                : openWords(order, latest)
              : payForm(order, latest)
    }
    ${latest && !latest.livemode && !paid && aside.length === 0 && testPayer(order, latest)}
  </section>`;
}

const RUN_OUT = html`<p class="notice" data-payment="run-out">
    <strong>The code has run out.</strong> If you have paid, we hear of it within two minutes. If not, you can pay again
    then.
  </p>
  <p><a class="button" href="">Look again</a></p>`;

function openWords(order: Order, intent: HostIntent): Html {
  const others = METHODS.filter(({ channel }) => channel !== intent.channel);
  return html`<p class="notice" data-payment="open">
      <strong>We wait for your payment</strong> of ${intentAmount(intent)} by ${methodOf(intent.channel).name}, until
      ${day(intent.expiresAt)}.
    </p>
    <form method="post" action="/orders/${order.id}/pay"><button class="wide">Go on to pay</button></form>
    ${others.map(
      ({ channel, name }) =>
        html`<form method="post" action="/orders/${order.id}/pay">
          <button class="quiet wide" name="method" value="${channel}">Pay by ${name} instead</button>
        </form>`,
    )}`;
}

function payForm(order: Order, latest: HostIntent | undefined): Html {
  return html`${
      latest &&
      html`<p class="notice" data-payment="closed">
        <strong>${latest.status === 'expired' ? 'The payment has expired.' : 'The payment was not made.'}</strong>
        Nothing was charged, and your order is still here.
      </p>`
    }
    <form method="post" action="/orders/${order.id}/pay" class="stack">
      ${methodChooser(latest?.channel)}
      <button class="wide">${latest ? 'Pay again' : 'Pay'}</button>
    </form>`;
}

function paidWords({ intent, refunds }: OrderPayment): Html {
  const back = refunds.filter(
    ({ inflowId, status }) => inflowId === null && status !== 'failed' && status !== 'cancelled',
  );
  return html`<p class="notice good" data-payment="paid">
      <strong>Paid. Thank you!</strong> ${inWords(intent.amountCaptured, intent.amount.currency)} by
      ${methodOf(intent.channel).name}${intent.succeededAt && `, on ${day(intent.succeededAt)}`}.
    </p>
    ${
      back.length > 0 &&
      html`<ul class="plain" data-refunds>
        ${back.map(
          (refund) =>
            html`<li>
              ${refundAmount(refund)}
              ${refund.status === 'succeeded' ? 'went back to you.' : 'is on its way back to you.'}
            </li>`,
        )}
      </ul>`
    }`;
}

const TEST_EVENTS = {
  paid: 'Pay',
  underpaid: 'Pay half of it',
  declined: 'Decline',
  paid_late: 'Pay too late',
} as const;

function testPayer(order: Order, intent: HostIntent): Html | false {
  const events = Object.entries(TEST_EVENTS).filter(([event]) =>
    isOpen(intent) ? intent.channel === 'promptpay' || event !== 'underpaid' : event === 'paid_late',
  );
  return (
    ['qr_generated', 'scanning', 'expired'].includes(intent.status) &&
    html`<form method="post" action="/orders/${order.id}/test-payer" class="test">
      <p>Test mode: be the payer’s phone.</p>
      ${key()}
      ${events.map(([event, words]) => html`<button class="quiet" name="event" value="${event}">${words}</button>`)}
    </form>`
  );
}

/** All about the payments of an order, and what somebody of the shop can do with them. */
export function staffPanel(order: Order, { payments, aside }: OrderPayments): Html {
  const twice = payments.filter(({ intent }) => isPaid(intent)).length > 1;
  return html`<div class="stack">
    ${twice && html`<p class="notice bad">This order was paid twice. Give one of the payments back.</p>`}
    ${aside.map((inflow) => asideCard(inflow, order.id))}
    ${payments.length === 0 && html`<p class="card">No payment was begun for this order.</p>`}
    ${payments.map(paymentCard)}
  </div>`;
}

function paymentCard({ intent, refunds, inflows }: OrderPayment): Html {
  const planned = refunds.filter(
    ({ inflowId, status }) => inflowId === null && status !== 'failed' && status !== 'cancelled',
  );
  const left = intent.amountCaptured - planned.reduce((sum, { amount }) => sum + amount.value, 0n);
  const { currency } = intent.amount;
  return html`<section class="card stack" data-intent="${intent.id}">
    <h2>${intentAmount(intent)} by ${methodOf(intent.channel).name}</h2>
    <dl>
      <dt>State</dt>
      <dd>${STATES[intent.status]}</dd>
      <dt>Counted</dt>
      <dd>${inWords(intent.amountCaptured, currency)}</dd>
      <dt>Given back</dt>
      <dd>${inWords(intent.amountRefunded, currency)}</dd>
      <dt>Number</dt>
      <dd><code>${intent.id}</code></dd>
    </dl>
    ${
      inflows.length > 0 &&
      html`<h3>Money that arrived</h3>
        <ul class="plain">
          ${inflows.map((inflow) => html`<li>${amountOf(inflow)} ${STAFF_WORDS[inflow.kind]}, ${INFLOW_STATES[inflow.status]}</li>`)}
        </ul>`
    }
    ${refunds.length > 0 && html`<h3>Refunds</h3>`} ${refunds.map((refund) => refundRow(refund, intent))}
    ${
      intent.status === 'succeeded' &&
      left > 0n &&
      html`<form method="post" action="/staff/payments/${intent.id}/refund" class="row">
        ${key()}
        <label>
          Give back, in ${currency}
          <input name="amount" inputmode="decimal" value="${decimal(left)}" required />
        </label>
        <button>Refund</button>
      </form>`
    }
  </section>`;
}

function refundRow(refund: Refund, intent: HostIntent): Html {
  const words =
    refund.manual && refund.status === 'processing' ? 'waits for a transfer by hand' : REFUND_STATES[refund.status];
  return html`<p data-refund="${refund.status}">${refundAmount(refund)} ${words}</p>
    ${
      refund.manual &&
      refund.status === 'processing' &&
      html`<form method="post" action="/staff/refunds/${refund.id}/sent" class="row">
        ${key()}<input type="hidden" name="order" value="${intent.orderReference}" />
        <label>Number of your transfer <input name="evidence" required /></label>
        <button class="quiet">It is sent</button>
      </form>`
    }`;
}

/** Money of all orders that somebody has to decide about. */
export function asidePanel(found: readonly { readonly inflow: Inflow; readonly orderId: string | null }[]): Html {
  return html`<h1>Money to look at</h1>
    <div class="stack">
      ${found.map(({ inflow, orderId }) => asideCard(inflow, orderId, true))}
      ${found.length === 0 && html`<p class="card">All money that arrived has its order.</p>`}
    </div>`;
}

function asideCard(inflow: Inflow, orderId: string | null, named = false): Html {
  const decide = (decision: string, words: string) =>
    html`<button class="quiet" formaction="/staff/money/${inflow.id}/${decision}">${words}</button>`;
  return html`<form method="post" class="card notice" data-aside="${inflow.kind}">
    <p>
      ${named && orderId && html`<a href="/orders/${orderId}">Order ${orderId}</a>: `}
      <strong>${amountOf(inflow)} ${STAFF_WORDS[inflow.kind]}</strong> and lies aside.
    </p>
    ${key()}<input type="hidden" name="order" value="${orderId ?? ''}" />
    <div class="row">
      ${
        inflow.status === 'parked' && [
          orderId && inflow.kind !== 'duplicate' && decide('apply', 'Count it for the order'),
          methodOf(inflow.channel).sendsBack && decide('refund', 'Give it back'),
          decide('keep', methodOf(inflow.channel).sendsBack ? 'Settled otherwise' : 'I transferred it back'),
        ]
      }
    </div>
  </form>`;
}

const BUYERS_WORDS: Record<Inflow['kind'], string> = {
  exact: 'arrived.',
  late: 'arrived after the payment had expired.',
  over: 'is more than the order costs.',
  under: 'is less than the order costs.',
  duplicate: 'arrived a second time.',
  wrong_currency: 'arrived in another currency.',
  unattributed: 'arrived without a number.',
};

const STAFF_WORDS: Record<Inflow['kind'], string> = {
  exact: 'as asked',
  late: 'came after the payment had expired',
  over: 'is more than was asked for',
  under: 'is less than was asked for',
  duplicate: 'came a second time',
  wrong_currency: 'came in another currency',
  unattributed: 'came without an order',
};

const INFLOW_STATES: Record<Inflow['status'], string> = {
  needs_match: 'belongs to nobody yet',
  applied: 'counted',
  refunding: 'on its way back',
  parked: 'lies aside',
  refunded: 'given back',
  kept: 'settled by hand',
};

const STATES: Record<HostIntent['status'], string> = {
  pending: 'Being prepared',
  qr_generated: 'Waiting for the payer',
  scanning: 'The payer has scanned the code',
  authorized: 'Held for us',
  captured: 'Paid',
  succeeded: 'Paid',
  expired: 'Expired',
  cancelled: 'Cancelled',
  failed: 'Failed',
};

const REFUND_STATES: Record<Refund['status'], string> = {
  requested: 'waits for approval',
  processing: 'on its way back',
  succeeded: 'given back',
  failed: 'could not be given back',
  cancelled: 'was taken back',
};

const key = () => html`<input type="hidden" name="key" value="${randomUUID()}" />`;
const intentAmount = ({ amount }: HostIntent) => inWords(amount.value, amount.currency);
const refundAmount = ({ amount }: Refund) => inWords(amount.value, amount.currency);
const amountOf = ({ amount }: Inflow) => inWords(amount.value, amount.currency);
const decimal = (minor: bigint) => `${minor / 100n}.${String(minor % 100n).padStart(2, '0')}`;
