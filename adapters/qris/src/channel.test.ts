import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll } from 'vitest';
import { startSnapSimulator, type RailControl, type SnapProfile, type SnapSimulator } from '@itpay/simulator';
import { channelContract, type ChannelContractOptions, type ContractRail } from '@itpay/testkit';
import { BEHAVIOUR_OF } from '@itpay/testkit/fake-rail';
import { qris } from './channel.js';
import { configOf } from './config.js';
import { ACQUIRERS } from './profile.js';
import { answerTokenRequest } from './token-endpoint.js';

const OPERATION_OF = {
  authorize: 'generate',
  query: 'query',
  cancel: 'cancel',
  refund: 'refund',
  queryRefund: 'query',
  capture: 'none',
} as const;

/** The simulated acquirer as the other side of a channel contract. */
function contractRail({ control }: { control: RailControl }, notifyPath: string): ContractRail {
  return {
    pay: (reference) => control.act({ action: 'pay', reference }),
    next: (operation, fault) => control.script({ operation: OPERATION_OF[operation], behaviour: BEHAVIOUR_OF[fault] }),
    async made(reference) {
      const { orders } = await control.books();
      const order = orders.find((one: any) => one.partnerReferenceNo === reference);
      return { orders: order === undefined ? 0 : 1, captures: 0, refunds: order?.refunds.length ?? 0 };
    },
    async lastCallback(reference) {
      const last = (await control.callbacks()).findLast((one) => one.reference === reference);
      if (last === undefined) throw new Error(`The acquirer has no notification about "${reference}".`);
      return {
        method: 'POST',
        path: new URL(last.url).pathname,
        headers: last.headers,
        rawBody: Buffer.from(last.body),
      };
    },
    async rewriteCallback(callback, change) {
      const headers = callback.headers as Record<string, string>;
      const written = { headers, body: Buffer.from(callback.rawBody).toString('utf8') };
      const { headers: signed, body } = await control.rewriteCallback(written, change);
      return { method: 'POST', path: `/shop${notifyPath}`, headers: signed, rawBody: Buffer.from(body) };
    },
    callbackFields: {
      originalReferenceNo: '99',
      originalPartnerReferenceNo: 'ANOTHER1',
      latestTransactionStatus: '05',
      amount: { value: '1.00', currency: 'IDR' },
    },
  };
}

const NO_SIGNATURE = 'answers of SNAP carry no signature; TLS says who answers';
const operations = ['authorize', 'query', 'cancel', 'refund', 'queryRefund'] as const;
const excused: ChannelContractOptions['excused'] = {
  ...Object.fromEntries(
    operations.map((one) => [`${one}: never believes an answer with a wrong signature`, NO_SIGNATURE]),
  ),
  'reads a notification of a refund as a refund, and never as a payment':
    'SNAP notifies of payments; refunds are asked about',
  'refuses a body in which a single byte was changed, added or left out':
    'SNAP signs bodies without the whitespace between tokens; callback.test.ts has the rest of this case',
};
const withoutHistory: ChannelContractOptions['excused'] = {
  'refund: says so while the rail works on it': 'the acquirer tells of refunds once they are made',
};

for (const profile of ['aspi', 'doku', 'midtrans', 'dana'] as const) {
  const simulator = await started(profile);
  const test = { ...simulator.credentials, baseUrl: simulator.url };
  channelContract(() => qris({ test }), {
    network: { rail: contractRail(simulator, ACQUIRERS[profile].notifyPath) },
    excused: { ...excused, ...(ACQUIRERS[profile].refunds === 'full' && withoutHistory) },
  });
}

/** The acquirer, and a shop in front of our token endpoint. */
async function started(profile: SnapProfile): Promise<SnapSimulator> {
  const simulator = await startSnapSimulator({ profile, seed: profile });
  const config = configOf({ test: { ...simulator.credentials, baseUrl: simulator.url } });
  const { merchants } = config as Extract<typeof config, { kind: 'snap' }>;
  const shop = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const headers = request.headers as Record<string, string>;
    const { status, body } = answerTokenRequest(merchants, { headers, rawBody: Buffer.concat(chunks) });
    response.writeHead(status, { connection: 'close' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => shop.listen(0, '127.0.0.1', resolve));
  simulator.registerNotifyUrl(
    `http://127.0.0.1:${(shop.address() as AddressInfo).port}/shop${ACQUIRERS[profile].notifyPath}`,
  );
  afterAll(async () => {
    await simulator.close();
    await new Promise((resolve) => shop.close(resolve));
  });
  return simulator;
}
