import { startAlipaySimulator, type AlipaySimulator } from '@itpay/simulator';
import { channelContract, type ContractOperation, type ContractRail } from '@itpay/testkit';
import { afterAll, describe } from 'vitest';
import { BEHAVIOUR_OF } from '@itpay/testkit/fake-rail';
import { alipay } from './channel.js';

const byKey = await startAlipaySimulator({ seed: 'contract by key' });
const byCertificate = await startAlipaySimulator({ seed: 'contract by certificate', mode: 'certificate' });
afterAll(() => Promise.all([byKey.close(), byCertificate.close()]));

const NO_CURRENCY = 'answers of the gateway name no currency';
const excused = {
  'says that it does not know an order that was never opened':
    'Alipay says the same about every order whose code nobody has scanned, so it means "pending"',
  'authorize: never believes an answer with another amount': 'the answer with the code names no amount',
  'authorize: never believes an answer in another currency': NO_CURRENCY,
  'capture: never believes an answer in another currency': NO_CURRENCY,
  'refund: never believes an answer in another currency': NO_CURRENCY,
};

describe('by public key, with holds', () => {
  const { gateway: _, ...live } = byKey.credentials;
  channelContract(() => alipay({ live, test: { ...byKey.credentials, holds: true } }), {
    network: { rail: contractRail(byKey) },
    excused,
  });
});

describe('by certificates, without holds', () => {
  channelContract(() => alipay({ test: byCertificate.credentials }), {
    network: { rail: contractRail(byCertificate) },
    excused,
  });
});

const OPERATION_OF: Readonly<Record<ContractOperation, string>> = {
  authorize: 'precreate',
  query: 'query',
  cancel: 'close',
  capture: 'pay',
  refund: 'refund',
  queryRefund: 'refund_query',
};

interface Books {
  readonly trades: readonly {
    readonly out_trade_no: string;
    readonly auth_no: string | null;
    readonly paid: boolean;
    readonly refunds: readonly { readonly status: string }[];
  }[];
  readonly holds: readonly { readonly out_order_no: string; readonly auth_no: string }[];
}

/** The simulated Alipay as the other side of the contract. */
function contractRail({ control }: AlipaySimulator): ContractRail {
  return {
    pay: (reference) => control.act({ action: 'pay', reference }),
    makeClosable: (reference) => control.act({ action: 'scan', reference }),
    next: (operation, fault) => control.script({ operation: OPERATION_OF[operation], behaviour: BEHAVIOUR_OF[fault] }),
    async made(reference) {
      const { trades, holds } = (await control.books()) as Books;
      const hold = holds.filter((one) => one.out_order_no === reference);
      const ordered = trades.filter((one) => one.out_trade_no === reference && one.auth_no === null);
      const captured = trades.filter((one) => one.paid && hold.some(({ auth_no: authNo }) => authNo === one.auth_no));
      return {
        orders: hold.length + ordered.length,
        captures: captured.length,
        refunds: [...ordered, ...captured].flatMap(({ refunds }) => refunds).length,
      };
    },
    async lastCallback(reference) {
      const last = (await control.callbacks()).findLast((callback) => callback.reference === reference);
      if (last === undefined) throw new Error(`Alipay has no notification about "${reference}".`);
      return received(last);
    },
    async rewriteCallback({ headers, rawBody }, { fields = {}, ...change }) {
      const written = { headers: headers as Record<string, string>, body: Buffer.from(rawBody).toString('utf8') };
      // A form knows no null: the field is there, empty.
      const texts = Object.entries(fields).map(([name, value]) => [name, value === null ? '' : value]);
      return received(await control.rewriteCallback(written, { ...change, fields: Object.fromEntries(texts) }));
    },
    callbackFields: {
      notify_id: '2026112200222000000000000000000001',
      notify_time: '2020-01-01 00:00:00',
      notify_type: 'fund_auth_freeze',
      charset: 'gbk',
      version: '2.0',
      app_id: '2021000000000000',
      seller_id: '2088000000000000',
      out_trade_no: 'ANOTHER1',
      trade_no: '2026112222001400000000000000',
      trade_status: 'TRADE_CLOSED',
      total_amount: '1.00',
      gmt_payment: '2020-01-01 00:00:00',
    },
  };
}

function received({ headers, body }: { headers: Readonly<Record<string, string>>; body: string }) {
  return { method: 'POST', path: '/v1/channels/alipay/callback/contract', headers, rawBody: Buffer.from(body) };
}
