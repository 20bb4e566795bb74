import { ItPayError, money } from '@itpay/core';
import { describe, expect, it } from 'vitest';
import { decideTransfer, totalsOf, type Candidate, type Payers } from './decide.js';

const channel = {
  id: 'bank_transfer',
  merchantAccount: 'DE89',
  refundFile: ({ transfers: [transfer] }: { transfers: readonly { account: string }[] }) => {
    if (transfer!.account.startsWith('XX')) {
      throw new ItPayError('PARAMETER_INVALID', { param: 'transfers[0].account' });
    }
    return { extension: 'xml', contentType: 'application/xml', bytes: new Uint8Array() };
  },
};
const candidate: Candidate = {
  id: 'ref_1',
  amount: money('EUR', 500n),
  status: 'processing',
  manual: true,
  channelRefundReference: 'R1',
  paymentIntentId: 'pi_1',
  channel: 'bank_transfer',
  merchantAccount: 'DE89',
  orderReference: 'order-7',
  inFile: false,
};
const known: Payers = { accounts: [{ account: 'FR14', name: 'Zoë' }], returned: false };
const about = { fileId: 'F', createdAt: new Date(0) };

it('sends a refund back to where its payment came from', () => {
  expect(decideTransfer(candidate, known, channel, about)).toEqual({
    ok: true,
    transfer: { refundReference: 'R1', amount: money('EUR', 500n), account: 'FR14', name: 'Zoë', text: 'order-7' },
  });
});

it('takes two transfers from one account for one payer, however it is written', () => {
  const twice = [...known.accounts, { account: 'fr1 4', name: 'ZOE' }];

  expect(decideTransfer(candidate, { ...known, accounts: twice }, channel, about).ok).toBe(true);
});

describe('a refund stays out of the file', () => {
  it.each<[reason: string, candidate: Partial<Candidate>, payers: Partial<Payers>, field?: string]>([
    ['other_channel', { channel: 'promptpay' }, {}],
    ['other_channel', { merchantAccount: 'DE90' }, {}],
    ['not_manual', { manual: false }, {}],
    ['not_processing', { status: 'requested' }, {}],
    ['not_processing', { status: 'succeeded' }, {}],
    ['not_processing', { status: 'failed' }, {}],
    ['in_another_file', { inFile: true }, {}],
    ['payment_returned', {}, { returned: true }],
    ['payer_unknown', {}, { accounts: [] }],
    ['payer_unknown', {}, { accounts: [{ account: null, name: 'Zoë' }] }],
    ['payer_unknown', {}, { accounts: [{ account: 'FR14', name: null }] }],
    // One of two payments came from somewhere: that one account is not where all of it goes.
    ['payer_unknown', {}, { accounts: [...known.accounts, { account: null, name: null }] }],
    ['several_payers', {}, { accounts: [...known.accounts, { account: 'FR15', name: 'Zoë' }] }],
    ['not_expressible', {}, { accounts: [{ account: 'XX14', name: 'Zoë' }] }, 'account'],
    // In order of precedence: what is wrong with the refund comes before what is missing.
    ['other_channel', { channel: 'promptpay', manual: false, status: 'failed' }, { accounts: [] }],
    ['not_processing', { status: 'succeeded', inFile: true }, { accounts: [] }],
  ])('%s: %j %j', (reason, change, payers, field) => {
    expect(decideTransfer({ ...candidate, ...change }, { ...known, ...payers }, channel, about)).toEqual({
      ok: false,
      leftOut: { refundId: 'ref_1', reason, field: field ?? null },
    });
  });
});

it('does not hide a mistake of a channel behind a refund', () => {
  const broken = {
    ...channel,
    refundFile: () => {
      throw new TypeError('a bug');
    },
  };

  expect(() => decideTransfer(candidate, known, broken, about)).toThrow('a bug');
});

it('adds up each currency by itself', () => {
  expect(totalsOf([money('EUR', 5n), money('SGD', 7n), money('EUR', 1n)])).toEqual([
    money('EUR', 6n),
    money('SGD', 7n),
  ]);
});
