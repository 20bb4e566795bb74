import { MOST_OF_ONE, totalOf, type CartLine, type Product } from './cart.js';
import { html, type Html } from './html.js';
import type { Order, OrderLine } from './orders.js';
import { methodChooser } from './payments/views.js';
import type { User } from './users.js';
import { baht, day } from './words.js';

/** What stands around every page. */
export interface Frame {
  readonly user: User | null;
  readonly inCart: number;
}

export function cataloguePage(frame: Frame, products: readonly Product[]): Html {
  return page(
    frame,
    'Coffee from the hills of Chiang Mai',
    html`<h1>Coffee from the hills of Chiang Mai</h1>
      <p class="lead">Roasted on Tuesdays, sent on Wednesdays.</p>
      <ul class="products">
        ${products.map(
          (product) =>
            html`<li class="card">
              ${picture(product)}
              <h2>${product.name}</h2>
              <p>${product.words}</p>
              <form method="post" action="/cart">
                <strong>${baht(product.priceSatang)}</strong>
                <button name="product" value="${product.id}" aria-label="Add to cart: ${product.name}">
                  Add to cart
                </button>
              </form>
            </li>`,
        )}
      </ul>`,
  );
}

export function cartPage(frame: Frame, lines: readonly CartLine[]): Html {
  if (lines.length === 0) {
    return page(
      frame,
      'Your cart',
      html`<h1>Your cart</h1>
        <p>There is nothing in it yet.</p>
        <p><a class="button" href="/">Look around</a></p>`,
    );
  }
  return page(
    frame,
    'Your cart',
    html`<h1>Your cart</h1>
      <div class="columns">
        <ul class="lines card">
          ${lines.map(
            ({ product, quantity }) =>
              html`<li>
                ${picture(product)}
                <div>
                  <h2>${product.name}</h2>
                  <p>${baht(product.priceSatang)} each</p>
                </div>
                <form method="post" action="/cart/quantity" class="stepper">
                  <input type="hidden" name="product" value="${product.id}" />
                  <button class="quiet" name="quantity" value="${quantity - 1}" aria-label="One ${product.name} less">
                    −
                  </button>
                  <span>${quantity}</span>
                  <button
                    class="quiet"
                    name="quantity"
                    value="${quantity + 1}"
                    aria-label="One ${product.name} more"
                    ${quantity >= MOST_OF_ONE && 'disabled'}
                  >
                    +
                  </button>
                </form>
                <strong>${baht(product.priceSatang * quantity)}</strong>
              </li>`,
          )}
        </ul>
        <form method="post" action="/checkout" class="card stack">
          <p class="total"><span>Total</span> <strong>${baht(totalOf(lines))}</strong></p>
          ${methodChooser()}
          <button class="wide">${frame.user ? 'Place order' : 'Sign in to order'}</button>
        </form>
      </div>`,
  );
}

export function ordersPage(frame: Frame, orders: readonly Order[]): Html {
  return page(
    frame,
    'Your orders',
    html`<h1>Your orders</h1>
      ${orders.length === 0 ? html`<p>You have not ordered anything yet.</p>` : orderList(orders)}`,
  );
}

export function orderPage(frame: Frame, order: Order, lines: readonly OrderLine[], payment: Html): Html {
  return page(
    frame,
    `Order ${order.id}`,
    html`<p class="back">
        ${frame.user?.staff ? html`<a href="/staff">All orders</a>` : html`<a href="/orders">Your orders</a>`}
      </p>
      <h1>Order ${order.id} ${chip(order)}</h1>
      <p class="lead">Placed on ${day(order.placedAt)}</p>
      <div class="columns">
        <div class="stack">
          ${linesCard(order, lines)} ${frame.user?.staff && order.status === 'unpaid' && counter(order)}
        </div>
        ${payment}
      </div>`,
  );
}

function counter(order: Order): Html {
  return html`<form method="post" action="/staff/orders/${order.id}/paid-in-cash" class="card stack">
    <p>Did the customer pay at the counter?</p>
    <button class="quiet">Paid in cash</button>
  </form>`;
}

export function staffPage(frame: Frame, orders: readonly Order[]): Html {
  return page(
    frame,
    'All orders',
    html`<h1>All orders</h1>
      ${orderList(orders)}`,
  );
}

interface Again {
  readonly next?: string;
  readonly email?: string;
  readonly name?: string;
  readonly problem?: string;
}

export function signInPage(frame: Frame, { next = '/', email = '', problem }: Again): Html {
  return page(
    frame,
    'Sign in',
    html`<div class="narrow">
      <h1>Sign in</h1>
      ${problem && html`<p class="notice bad" role="alert">${problem}</p>`}
      <form method="post" action="/sign-in" class="card stack">
        <input type="hidden" name="next" value="${next}" />
        <label>E-mail <input type="email" name="email" value="${email}" autocomplete="username" required /></label>
        <label>Password <input type="password" name="password" autocomplete="current-password" required /></label>
        <button class="wide">Sign in</button>
      </form>
      <p>New here? <a href="/register">Create an account</a></p>
    </div>`,
  );
}

export function registerPage(frame: Frame, { email = '', name = '', problem }: Again): Html {
  return page(
    frame,
    'Create an account',
    html`<div class="narrow">
      <h1>Create an account</h1>
      ${problem && html`<p class="notice bad" role="alert">${problem}</p>`}
      <form method="post" action="/register" class="card stack">
        <label>Name <input name="name" value="${name}" autocomplete="name" required /></label>
        <label>E-mail <input type="email" name="email" value="${email}" autocomplete="username" required /></label>
        <label>
          Password, at least ten characters
          <input type="password" name="password" autocomplete="new-password" minlength="10" required />
        </label>
        <button class="wide">Create account</button>
      </form>
    </div>`,
  );
}

export function messagePage(frame: Frame, words: string): Html {
  return page(
    frame,
    'Doi Roast',
    html`<h1>Sorry</h1>
      <p>${words}</p>
      <p><a class="button" href="/">To the shop</a></p>`,
  );
}

/** A page of the shop, with its head and foot. */
export function page({ user, inCart }: Frame, title: string, body: Html): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title} · Doi Roast</title>
        <link rel="stylesheet" href="/shop.css" />
        <link rel="icon" href="/bean.svg" type="image/svg+xml" />
      </head>
      <body>
        <a class="skip" href="#main">To the content</a>
        <header>
          <a class="brand" href="/">Doi Roast</a>
          <nav aria-label="Shop">
            ${user?.staff && html`<a href="/staff">All orders</a>`}
            ${user?.staff && html`<a href="/staff/money">Money</a>`}
            ${user && !user.staff && html`<a href="/orders">Orders</a>`}
            <a href="/cart"
              >Cart${inCart > 0 && html` <span class="count" aria-label="${inCart} in it">${inCart}</span>`}</a
            >
            ${
              user
                ? html`<form method="post" action="/sign-out">
                    <button class="link" title="${user.email}">Sign out</button>
                  </form>`
                : html`<a href="/sign-in">Sign in</a>`
            }
          </nav>
        </header>
        <main id="main">${body}</main>
        <footer>Doi Roast, Nimmanhaemin Soi 9, Chiang Mai</footer>
      </body>
    </html> `;
}

function orderList(orders: readonly Order[]): Html {
  return html`<ul class="orders card">
    ${orders.map(
      (order) =>
        html`<li>
          <a href="/orders/${order.id}">${order.id}</a>
          <span>${day(order.placedAt)}</span>
          <strong>${baht(order.totalSatang)}</strong>
          ${chip(order)}
        </li>`,
    )}
  </ul>`;
}

function linesCard(order: Order, lines: readonly OrderLine[]): Html {
  return html`<section class="card" aria-label="What was ordered">
    <ul class="bill">
      ${lines.map(
        ({ name, quantity, priceSatang }) =>
          html`<li><span>${quantity} × ${name}</span> <span>${baht(priceSatang * quantity)}</span></li>`,
      )}
    </ul>
    <p class="total"><span>Total</span> <strong>${baht(order.totalSatang)}</strong></p>
  </section>`;
}

const STATUS = { unpaid: 'Not paid yet', paid: 'Paid', refunded: 'Refunded' } as const;

const chip = ({ status }: Order): Html =>
  html`<span class="chip ${status}" data-status="${status}">${STATUS[status]}</span>`;

const picture = ({ kind, colour }: Product): Html =>
  html`<svg viewBox="0 0 64 64" class="picture" aria-hidden="true" fill="${colour}" stroke-linecap="round">
    ${SHAPES[kind] ?? SHAPES['bag']}
  </svg>`;

const SHAPES: Record<string, Html> = {
  bag: html`<path d="M20 14h24l-2 6 3 30a4 4 0 0 1-4 4H23a4 4 0 0 1-4-4l3-30z" />
    <path d="M20 14h24l-1 4H21z" fill="#000" opacity=".25" />
    <circle cx="32" cy="37" r="8" fill="#fff" opacity=".9" />
    <path d="M32 31c-3 4 3 8 0 12" stroke="#55402f" stroke-width="2" fill="none" />`,
  bottle: html`<path d="M28 10h8v10c5 3 7 6 7 11v19a4 4 0 0 1-4 4H25a4 4 0 0 1-4-4V31c0-5 2-8 7-11z" />
    <path d="M27 10h10v4H27z" fill="#000" opacity=".3" />
    <path d="M21 34h22v12H21z" fill="#fff" opacity=".9" />`,
  dripper: html`<path d="M12 18h40L38 40H26z" />
    <path d="M12 18h40l-2 4H14z" fill="#000" opacity=".2" />
    <path d="M20 40h24v5H20z" />
    <path d="M50 22c7 0 7 10-2 10" stroke="#8a8175" stroke-width="3" fill="none" />
    <path d="M32 48v5" stroke="#55402f" stroke-width="3" fill="none" />`,
  grinder: html`<path d="M22 22h20v28a4 4 0 0 1-4 4H26a4 4 0 0 1-4-4z" />
    <path d="M22 38h20v3H22z" fill="#fff" opacity=".7" />
    <path d="M32 22v-8h15" stroke="#374151" stroke-width="3" fill="none" />
    <circle cx="48" cy="14" r="4" />`,
};
