import type { ItPayOptions } from 'itpay';
import { testPay } from '../support/pay.js';
import { receiver } from './receiver.js';

export const ENDPOINTS = '/v1/webhook-endpoints';

/** A whole ItPay, and a receiver on loopback that it may call. */
export async function webhookHouse(options: Partial<ItPayOptions> = {}) {
  const shop = await receiver();
  const t = await testPay({ ...options, webhooks: { allowedOrigins: [shop.origin], ...options.webhooks } });
  let paths = 0;

  const post = (path: string, body?: object, more: { key?: string; idempotencyKey?: string } = {}) =>
    t.request('POST', path, { body, ...more });
  /** An endpoint at a path of its own. */
  const endpoint = async (more: object = {}, key?: string) => {
    const answer = await post(ENDPOINTS, { url: `${shop.origin}/${paths++}`, enabled_events: ['*'], ...more }, { key });
    if (answer.status !== 201) throw new Error(answer.text);
    return answer.body as { id: string; url: string; secret: string; [field: string]: any };
  };
  /** Makes three events: `payment_intent.created`, `payment_intent.qr_generated` and `qr_charge.created`. */
  const intent = async (key?: string) => {
    const answer = await post('/v1/payment-intents', { amount: { currency: 'THB', value: 100 } }, { key });
    if (answer.status !== 201) throw new Error(answer.text);
    return answer.body as { id: string };
  };
  const attempts = async (id: string) => (await t.request('GET', `${ENDPOINTS}/${id}/attempts`)).body.data as any[];
  const deliveries = async (eventId: string) =>
    (await t.request('GET', `/v1/events/${eventId}`)).body.deliveries as any[];
  return { t, shop, post, endpoint, intent, attempts, deliveries };
}
