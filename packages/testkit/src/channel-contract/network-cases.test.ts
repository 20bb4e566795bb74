import { type Channel, type ChannelNotice, type RawCallback, type VerifiedCallback } from '@itpay/kernel';
import { afterAll, describe, expect, it } from 'vitest';
import { fakeChannel } from '../fake-channel/channel.js';
import { fakeContractRail } from '../fake-channel/contract-rail.js';
import { createFakeRailServer } from '../fake-rail/start.js';
import { callbackCases } from './callback-cases.js';
import type { ChannelContractCase } from './channel-contract.js';
import { faultCases } from './fault-cases.js';
import { orderCases, type NetworkCase } from './order-cases.js';
import { freshReference, rigOf } from './rig.js';

const rail = await createFakeRailServer();
afterAll(() => rail.stop());

const options = { url: rail.url, secret: rail.secret, mode: 'test' } as const;
const good = fakeChannel(options).channels[0] as Required<Channel>;
const networkCases = { ...orderCases, ...faultCases, ...callbackCases } as Record<string, NetworkCase>;
const never = { signal: new AbortController().signal };

const believing =
  <Args extends unknown[], T>(method: (...args: Args) => Promise<T>, lie: T) =>
  (...args: Args): Promise<T> =>
    method(...args).catch(() => lie);
const code = { outcome: 'succeeded', value: { kind: 'qr', qrStandard: 'proprietary', qrData: 'x' } } as const;

describe('the contract of rails with a network notices', () => {
  it.each<[flaw: string, title: ChannelContractCase, change: Partial<Channel>]>([
    [
      'an order number of its own',
      'opens an order that can be paid',
      { authorize: (r, c) => good.authorize({ ...r, reference: freshReference(good) }, c) },
    ],
    [
      'a refused repetition',
      'gives the same code again under one reference',
      { authorize: fakeChannel({ ...options, capabilities: ['qr_dynamic'] }).channels[0]!.authorize! },
    ],
    [
      'one code for everybody',
      'gives different orders different codes',
      { authorize: async (r, c) => (await good.authorize(r, c), code) },
    ],
    [
      'a changed request',
      'leaves the requests as they were',
      { authorize: (r, c) => good.authorize(Object.assign(r, { description: 'mine' }), c) },
    ],
    [
      'an order made up',
      'says that it does not know an order that was never opened',
      { query: async () => ({ status: 'pending' }) },
    ],
    ['a lost cent', 'tells the exact credit of a paid order, in every currency', { query: withCredit(-1n) }],
    [
      'a paid order that is closed',
      'does not close a paid order',
      { cancel: async () => ({ outcome: 'succeeded', value: { result: 'closed' } }) },
    ],
    [
      'an order that stays open',
      'closes an unpaid order, once and again',
      { cancel: async () => ({ outcome: 'succeeded', value: { result: 'closed' } }) },
    ],
    [
      'a hold that is a payment',
      'holds money, and takes none of it before it is told',
      { authorize: (r, c) => good.authorize({ ...r, captureMethod: 'automatic' }, c) },
    ],
    [
      'a whole capture instead of a part',
      'captures a part of a hold',
      { capture: (r, c) => good.capture({ ...r, amount: { ...r.amount, value: r.amount.value + 1n } }, c) },
    ],
    [
      'a new refund number for each attempt',
      'refunds once, however often it is told',
      { refund: (r, c) => good.refund({ ...r, refundReference: freshReference(good) }, c) },
    ],
    [
      'a new refund number after a time out',
      'refund: finds out what was done before a time out',
      { refund: (r, c) => good.refund({ ...r, refundReference: freshReference(good) }, c) },
    ],
    ['a refund made up', 'tells what became of a refund', { queryRefund: async () => ({ status: 'succeeded' }) }],
    [
      'deaf ears for the signal',
      'authorize: gives up in time, and does not know',
      { authorize: (r) => good.authorize(r, never) },
    ],
    [
      'a rate limit that may have been anything',
      'capture: sends again after a rate limit',
      { mapError: () => ({ category: 'unmapped' }) },
    ],
    [
      'a broken server that is a refusal',
      'refund: does not know after an error of the server',
      { mapError: () => ({ category: 'declined' }) },
    ],
    [
      'a broken connection that is harmless',
      'capture: finds out what was done before the connection broke',
      { mapError: () => ({ category: 'not_connected' }) },
    ],
    ['a refusal that is open', 'capture: takes a refusal as final', { mapError: () => ({ category: 'unmapped' }) }],
    [
      'trust in any signature',
      'authorize: never believes an answer with a wrong signature',
      { authorize: believing(good.authorize, code) },
    ],
    [
      'trust in any amount',
      'refund: never believes an answer with another amount',
      { refund: believing(good.refund, { outcome: 'succeeded', value: { channelRefundId: 'R1' } }) },
    ],
    [
      'trust in an answer about another order',
      'query: never believes an answer about another order',
      { query: believing(good.query, { status: 'pending' }) },
    ],
    ['no verification', 'refuses the signature of somebody else', { verifyCallback: unverified }],
    [
      'no verification of the body',
      'refuses a body in which a single byte was changed, added or left out',
      { verifyCallback: unverified },
    ],
    ['no look at the headers', 'refuses an empty body, and content of another kind', { verifyCallback: unverified }],
    [
      'no look at the clock',
      'refuses a notification that was signed an hour ago, or will be in an hour',
      { verifyCallback: atAnyTime },
    ],
    [
      'a field that may be missing',
      'refuses a notification that lacks a field, however well it is signed',
      { verifyCallback: lenient },
    ],
    [
      'a merchant that is always we',
      'refuses or truly reports a field with another value, such as another merchant',
      { verifyCallback: noticing((notice) => ({ ...notice, merchantAccount: good.merchantAccount })) },
    ],
    [
      'a new event for each copy',
      'reads a repeated notification as the same event',
      { verifyCallback: noticing((notice) => ({ ...notice, eventId: String(Math.random()) })) },
    ],
    [
      'one event for everything',
      'gives two payments two events',
      { verifyCallback: noticing((notice) => ({ ...notice, eventId: 'E1' })) },
    ],
    [
      'a refund that is a payment',
      'reads a notification of a refund as a refund, and never as a payment',
      { verifyCallback: noticing((notice) => ({ ...notice, kind: 'payment' })) },
    ],
    [
      'a payment without its credit',
      'reads a good notification of a payment, with every field',
      { verifyCallback: noticing((notice) => ({ ...notice, credit: undefined as never })) },
    ],
    [
      'a refusal that says "understood"',
      'has an answer for "understood", and another for each way of saying no',
      { rejectCallback: () => ({ status: 200, body: '{"ok":true}' }) },
    ],
  ])('%s', async (_, title, change) => {
    const run = networkCases[title]![1];

    await expect(run(rigOf({ ...good, ...change }, fakeContractRail(rail)))).rejects.toThrow();
    await rail.clearScript();
    await expect(run(rigOf(good, fakeContractRail(rail)))).resolves.toBeUndefined();
  });

  it.each<[missing: string, title: ChannelContractCase]>([
    ['pay', 'does not close a paid order'],
    ['scan', 'tells that a code was scanned'],
    ['next', 'authorize: takes a refusal as final'],
    ['made', 'opens an order that can be paid'],
    ['lastCallback', 'reads a repeated notification as the same event'],
    ['rewriteCallback', 'refuses the signature of somebody else'],
    ['callbackFields', 'refuses a notification that lacks a field, however well it is signed'],
  ])('a rail without %s, and says what to add', async (missing, title) => {
    const incomplete = { ...fakeContractRail(rail), [missing]: undefined };

    await expect(networkCases[title]![1](rigOf(good, incomplete))).rejects.toThrow(`ContractRail.${missing}. Pass`);
  });
});

function withCredit(change: bigint): Required<Channel>['query'] {
  return async (reference, context) => {
    const status = await good.query(reference, context);
    if (status.status !== 'captured') return status;
    const { amount } = status.credit;
    return { ...status, credit: { ...status.credit, amount: { ...amount, value: amount.value + change } } };
  };
}

/** Reads whatever comes, as if the rail had signed it just now. */
async function unverified(callback: RawCallback): Promise<VerifiedCallback> {
  const empty = { event_id: 'E1', kind: 'closed', merchant: 'shop', reference: 'A1' };
  const text = Buffer.from(callback.rawBody).toString('utf8');
  let fields: object = {};
  try {
    fields = JSON.parse(text) as object;
  } catch {
    // Whatever comes.
  }
  return good.verifyCallback(
    await fakeContractRail(rail).rewriteCallback!(callback, { content: JSON.stringify({ ...empty, ...fields }) }),
  );
}

async function lenient(callback: RawCallback): Promise<VerifiedCallback> {
  return good.verifyCallback(callback).catch(async () => unverified(callback));
}

async function atAnyTime(callback: RawCallback): Promise<VerifiedCallback> {
  const now = () => new Date(Number(callback.headers['fake-timestamp']) * 1000);
  return fakeChannel({ ...options, now }).channels[0]!.verifyCallback!(callback);
}

function noticing(change: (notice: ChannelNotice) => ChannelNotice): Required<Channel>['verifyCallback'] {
  return async (callback) => {
    const { notices, acknowledge } = await good.verifyCallback(callback);
    return { notices: notices.map(change), acknowledge };
  };
}
