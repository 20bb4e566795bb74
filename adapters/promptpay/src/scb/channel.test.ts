import { startScbSimulator } from '@itpay/simulator';
import { channelContract, type ContractOperation, type ContractRail } from '@itpay/testkit';
import { afterAll } from 'vitest';
import { promptpay } from '../channel.js';
import { BEHAVIOUR_OF } from '@itpay/testkit/fake-rail';
import { scb } from './scb.js';

const simulator = await startScbSimulator();
afterAll(() => simulator.close());
const { control, credentials, url } = simulator;
simulator.registerCallback('http://127.0.0.1:9/v1/channels/promptpay/callback/token');

const OPERATION_OF: Readonly<Partial<Record<ContractOperation, string>>> = { authorize: 'create', query: 'inquiry' };
const rail: ContractRail = {
  pay: (reference) => control.act({ action: 'pay', reference }),
  next: (operation, fault) => control.script({ operation: OPERATION_OF[operation]!, behaviour: BEHAVIOUR_OF[fault] }),
  async made(reference) {
    const { codes } = (await control.books()) as { codes: { ref1: string }[] };
    return { orders: codes.filter(({ ref1 }) => ref1 === reference).length, captures: 0, refunds: 0 };
  },
  async lastCallback(reference) {
    const last = (await control.callbacks()).findLast((callback) => callback.reference === reference);
    if (last === undefined) throw new Error(`SCB has no confirmation about "${reference}".`);
    const { headers, body } = last;
    return { method: 'POST', path: new URL(last.url).pathname, headers, rawBody: Buffer.from(body) };
  },
  async rewriteCallback(callback, change) {
    const body = Buffer.from(callback.rawBody).toString('utf8');
    const headers = callback.headers as Record<string, string>;
    const rewritten = await control.rewriteCallback({ headers, body }, change);
    return { ...callback, headers: rewritten.headers, rawBody: Buffer.from(rewritten.body) };
  },
  callbackFields: {
    payeeProxyId: '099400016550100',
    currencyCode: '840',
    amount: '1.00',
    transactionId: '00000000000000000001',
    transactionDateandTime: new Date(Date.now() - 86_400_000).toISOString(),
    billPaymentRef1: 'ANOTHER1',
    billPaymentRef3: 'ELSE1',
  },
};

const unsigned = 'SCB signs nothing: a confirmation makes us ask the bank, and only its answer counts';
const unsignedAnswers =
  'SCB signs no answers; TLS says whose they are, and their content is compared with what was asked';

channelContract(() => promptpay({ provider: scb({ test: { ...credentials, baseUrl: url } }) }), {
  network: { rail },
  excused: {
    'says that it does not know an order that was never opened': 'SCB knows payments and no orders',
    'authorize: takes a refusal as final': 'SCB refuses a code only for a mistake in the request, which is not_sent',
    'authorize: never believes an answer with a wrong signature': unsignedAnswers,
    'query: never believes an answer with a wrong signature': unsignedAnswers,
    'refuses the signature of somebody else': unsigned,
    'refuses a notification that was signed an hour ago, or will be in an hour': unsigned,
    'refuses a body in which a single byte was changed, added or left out': unsigned,
  },
});
