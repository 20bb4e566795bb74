import type { CallbackChange, ContractFault, ContractRail } from '../channel-contract/contract-rail.js';
import type { FakeRail } from '../fake-rail/rail.js';
import type { Behaviour } from '../fake-rail/script.js';
import { signed } from '../fake-rail/signature.js';

/** How the fake rail and the simulated rails name what the channel contract asks of the other side. */
export const BEHAVIOUR_OF = {
  decline: 'decline',
  pending: 'pending',
  hang: 'timeout_before',
  hang_after: 'timeout_after',
  reset_after: 'reset_after',
  rate_limited: '429',
  server_error: '500_before',
  garbage: 'garbage',
  bad_signature: 'bad_signature',
  wrong_reference: 'wrong_reference',
  wrong_amount: 'wrong_amount',
  wrong_currency: 'wrong_currency',
} as const satisfies Record<ContractFault, Behaviour>;

/** The fake rail as the other side of a channel contract; also an example of one. */
export function fakeContractRail(rail: FakeRail): ContractRail {
  return {
    pay: (reference) => rail.pay(reference),
    scan: (reference) => rail.scan(reference),
    next: (operation, fault) => rail.script({ operation, behaviour: BEHAVIOUR_OF[fault] }),
    async made(reference) {
      const entry = await rail.entry(reference);
      return {
        orders: entry?.order ? 1 : 0,
        captures: entry?.captures.length ?? 0,
        refunds: entry?.refunds.length ?? 0,
      };
    },
    async lastCallback(reference) {
      const last = (await rail.callbacks()).findLast((callback) => callback.reference === reference);
      if (last === undefined) throw new Error(`The rail has no callback about "${reference}".`);
      return {
        method: 'POST',
        path: new URL(last.url).pathname,
        headers: last.headers,
        rawBody: Buffer.from(last.body),
      };
    },
    async rewriteCallback(callback, change) {
      const body = change.content ?? JSON.stringify({ ...parsed(callback.rawBody), ...change.fields });
      return { ...callback, rawBody: Buffer.from(body), headers: headersOf(rail.secret, body, change) };
    },
    callbackFields: {
      event_id: 'E1',
      kind: 'closed',
      merchant: 'somebody',
      reference: 'ANOTHER1',
      transaction_id: 'T1',
      amount: '1',
      currency: 'THB',
      paid_at: '2025-01-01T00:00:00.000Z',
    },
  };
}

function headersOf(secret: string, body: string, { byStranger, signedAt }: CallbackChange): Record<string, string> {
  const key = byStranger ? `${secret} of somebody else` : secret;
  return { 'content-type': 'application/json', ...signed(key, { kind: 'callback', body }, signedAt) };
}

function parsed(rawBody: Uint8Array): object {
  return JSON.parse(Buffer.from(rawBody).toString('utf8')) as object;
}
