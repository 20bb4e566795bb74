import type { Order } from './orders.js';
import type { Product } from './products.js';

export function shopPage(products: readonly Product[]): string {
  const dishes = products.map(
    ({ id, name, words, price }) => `
      <li>
        <div><h2>${name}</h2><p>${words}</p></div>
        <form method="post" action="/orders">
          <button name="product" value="${id}">Buy for ฿${(Number(price) / 100).toFixed(2)}</button>
        </form>
      </li>`,
  );
  return page(
    'Noodle Shop',
    `<h1>Noodle Shop</h1><p>Pay by PromptPay. Test mode: nobody is charged.</p><ul>${dishes.join('')}</ul>`,
  );
}

/** @param payUrl where an open order can still be paid */
export function orderPage(order: Order, payUrl: string | null): string {
  const paid = order.status === 'paid';
  const state = paid
    ? '<p class="state paid" data-status="paid">Paid. It is on the stove.</p>'
    : `<p class="state" data-status="open">Waiting for the payment.${payUrl ? ` <a href="${payUrl}">Pay now</a>` : ''}</p>`;
  return page(
    `${order.product} · Noodle Shop`,
    `<h1>${order.product}</h1>${state}<p class="reference">Order ${order.id}</p><p><a href="/">Back to the menu</a></p>`,
    // The subscriber marks the order a moment after the payment; the page looks again until it has.
    paid ? '' : '<meta http-equiv="refresh" content="2">',
  );
}

const page = (title: string, body: string, head = '') => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">${head}
<title>${title}</title>
<style>
  :root { color-scheme: light dark; --line: #d9d4cb; --accent: #b3261e; }
  @media (prefers-color-scheme: dark) { :root { --line: #45413b; --accent: #ff8a80; } }
  body { font: 1rem/1.5 system-ui, sans-serif; max-width: 38rem; margin: 0 auto; padding: 2rem 1rem; }
  h1 { font-size: 1.75rem; margin: 0 0 .5rem; } h2 { font-size: 1.1rem; margin: 0; }
  ul { list-style: none; padding: 0; } li p { margin: 0; opacity: .75; }
  li { display: flex; flex-wrap: wrap; gap: 1rem; justify-content: space-between; align-items: center; padding: 1rem 0; border-top: 1px solid var(--line); }
  button { font: inherit; padding: .6rem 1rem; border: 0; border-radius: .5rem; background: #b3261e; color: #fff; cursor: pointer; }
  button:hover { background: #8c1d18; } a { color: var(--accent); }
  .state { padding: .75rem 1rem; border: 1px solid var(--line); border-radius: .5rem; } .paid { border-color: #2e7d32; }
  .reference { font-size: .85rem; opacity: .7; }
</style>
</head>
<body>${body}</body>
</html>
`;
