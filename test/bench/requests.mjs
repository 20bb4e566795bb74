/**
 * What a shop sends to create a payment. Every request has an order, and so an idempotency key, of its own.
 *
 * @param {string} run tells the requests of two runs apart
 * @param {string} token
 * @returns {() => { headers: Record<string, string>, body: string }}
 */
export function createRequests(run, token) {
  let n = 0;
  return () => {
    n += 1;
    const order = `order-${run}-${n}`;
    return {
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        'idempotency-key': `create-${order}`,
      },
      body: JSON.stringify({
        amount: { currency: 'THB', value: 10_000 + (n % 90_000) },
        description: `Two bowls of noodles, ${order}`,
        order_reference: order,
        metadata: { cart: `c-${n}`, table: '17' },
      }),
    };
  };
}
