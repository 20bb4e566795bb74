import { createHmac } from 'node:crypto';
import { expect, it } from 'vitest';
import type { Facts } from './night/facts.mjs';
import { Journal, type Answer } from './night/journal.mjs';
import type { Receiver } from './night/receivers.mjs';
import {
  acknowledgedButMissing,
  changedAnswers,
  unanswered,
  unbalanced,
  wrongDeliveries,
  wrongEvents,
  wrongInTheBooks,
  type Endpoint,
} from './night/violations.mjs';

// The checks of the worst night, on a night that went well and on the same one with something wrong.

const SECRET = `whsec_${Buffer.from('a secret of twenty-four bytes').toString('base64')}`;
const at = new Date('2026-01-01T00:00:00Z');
const thb = (value: bigint) => ({ currency: 'THB', value });
const answer = (status: number, body: object): Answer => ({ status, body, replayed: false });

/** One payment of 100, of which 40 went back. */
function night() {
  const journal = new Journal();
  const create = journal.begin('k1', 'create', '/v1/payment-intents', { amount: { value: 100 }, order_reference: 'o' });
  journal.note(create, answer(201, { id: 'pi_1', status: 'qr_generated', qr: { code: 'a' } }));
  const refund = journal.begin('k2', 'refund', '/v1/refunds', { amount: { value: 40 } });
  journal.note(refund, answer(201, { id: 'ref_1' }));

  const event = (id: string, object: string, sequence: number, status: string) => ({
    id,
    object_id: object,
    type: 'payment_intent.x',
    sequence,
    position: BigInt(id.slice(4)),
    at,
    data: JSON.stringify({ object: { status } }),
  });
  const events = [
    event('evt_1', 'pi_1', 1, 'pending'),
    event('evt_2', 'pi_1', 2, 'succeeded'),
    event('evt_3', 'ref_1', 1, 'succeeded'),
  ];
  const payment = { transactionId: 't', amount: thb(100n), paidAt: '' };
  const received = { authorize: 1, query: 0, cancel: 0, capture: 0, refund: 1, queryRefund: 0, fetchStatement: 0 };
  const order = { status: 'captured', amount: thb(100n), captureMethod: 'automatic', description: null } as any;
  const given = { refundReference: 'R2', amount: thb(40n), status: 'succeeded' } as any;
  const facts: Facts = {
    intents: [
      {
        id: 'pi_1',
        amount: '100',
        order_reference: 'o',
        status: 'succeeded',
        sequence: 2,
        amount_captured: '100',
        amount_refunded: '40',
      },
    ],
    refunds: [{ id: 'ref_1', payment_intent_id: 'pi_1', amount: '40', status: 'succeeded', sequence: 1 }],
    charges: [],
    voids: [],
    inflows: [],
    operations: [
      { reference: 'R1', kind: 'authorize', payment_intent_id: 'pi_1' },
      { reference: 'R2', kind: 'refund', payment_intent_id: 'pi_1' },
    ],
    events,
    audit: [
      { object_id: 'pi_1', from_state: null, to_state: 'pending' },
      { object_id: 'pi_1', from_state: 'pending', to_state: 'succeeded' },
    ],
    ledger: [
      { transaction_id: 'l', object_id: 'x', direction: 'debit', amount: '100' },
      { transaction_id: 'l', object_id: 'x', direction: 'credit', amount: '100' },
    ],
    deliveries: events.map(({ id }) => ({ endpoint_id: 'we_1', event_id: id, state: 'delivered' })),
    attempts: events.map(({ id }) => ({ endpoint_id: 'we_1', event_id: id, status: 204 })),
    books: [
      {
        merchant: 'm',
        reference: 'R1',
        received,
        order,
        hold: null,
        payments: [payment],
        captures: [],
        refunds: [given],
      },
    ],
  };
  const arrivals = events.map(({ id, sequence }) => {
    const body = JSON.stringify({ id, sequence });
    const key = Buffer.from(SECRET.slice('whsec_'.length), 'base64');
    const signature = `v1,${createHmac('sha256', key).update(`${id}.1.${body}`).digest('base64')}`;
    return { event: id, body, sentAt: 1, signature, taken: true };
  });
  const receiver = { arrivals } as unknown as Receiver;
  const endpoint: Endpoint = { name: 'steady', id: 'we_1', secret: SECRET, events: ['*'], createdAt: at, receiver };
  return { journal, create, refund, facts, endpoint, arrivals };
}

type Night = ReturnType<typeof night>;

const violations = ({ journal, facts, endpoint }: Night) => [
  ...acknowledgedButMissing(journal, facts),
  ...changedAnswers(journal),
  ...unanswered(journal),
  ...wrongEvents(facts),
  ...wrongInTheBooks(facts, journal, { sendsTwice: false }),
  ...unbalanced(facts),
  ...wrongDeliveries(endpoint, facts, { failedMay: false }),
];

it('finds nothing in a night that went well', () => {
  expect(violations(night())).toEqual([]);
});

it.each<[what: string, breaks: (night: Night) => unknown, says: string]>([
  ['a payment is gone', ({ facts }) => facts.intents.pop(), 'the payment pi_1 was acknowledged and is not there'],
  ['a refund is gone', ({ facts }) => facts.refunds.pop(), 'the refund ref_1 was acknowledged and is not there'],
  ['an amount differs', ({ facts }) => (facts.intents[0]!['amount'] = '99'), 'pi_1 has the amount 99'],
  [
    'an answer changed',
    ({ journal, create }) => journal.note(create, answer(201, { id: 'pi_2', status: 'qr_generated' })),
    'create k1 said id: "pi_1", and then "pi_2"',
  ],
  [
    'an answer became a refusal',
    ({ journal, create }) => journal.note(create, answer(404, { error: { code: 'PAYMENT_INTENT_NOT_FOUND' } })),
    'was answered 201, and then 404',
  ],
  ['the server was at fault', ({ journal, create }) => journal.note(create, answer(500, {})), 'was answered 500'],
  [
    'a client never had an answer',
    ({ journal }) => journal.note(journal.begin('k3', 'cancel', '', {}), null),
    'cancel k3 has no final answer after 1 requests (1 lost)',
  ],
  ['an event is gone', ({ facts }) => facts.events.pop(), 'ref_1 changed 1 times and has 0 events'],
  ['an event is there twice', ({ facts }) => facts.events.push({ ...facts.events[1]! }), 'are numbered 1,2,2'],
  ['an event has no place', ({ facts }) => (facts.events[0]!['position'] = null), 'no place of its own'],
  ['a change was not audited', ({ facts }) => facts.audit.pop(), 'has 2 events and 1 audited changes'],
  [
    'the rail was told twice',
    ({ facts }) => (facts.books[0]!.received.refund = 2),
    'told 2 times to capture or refund R1; 1 would do',
  ],
  [
    'the rail gave back under a number of its own',
    ({ facts }) => facts.operations.pop(),
    'made a refund R2 that is not in our rows',
  ],
  [
    'a refund was made twice',
    ({ facts }) => facts.books[0]!.refunds.push({ ...facts.books[0]!.refunds[0]! }),
    'counts 40 as refunded, the rail gave 80 back',
  ],
  ['a payment was not counted', ({ facts }) => (facts.intents[0]!['amount_captured'] = '0'), 'the rail took 100'],
  ['the ledger is off', ({ facts }) => facts.ledger.pop(), 'the ledger transaction l is off by 100'],
  ['a webhook did not come', ({ arrivals }) => arrivals.pop(), 'is delivered, and no receiver took it'],
  ['a webhook is nowhere', ({ facts }) => facts.deliveries.pop(), 'evt_3 is nowhere'],
  [
    'a webhook has failed for good',
    ({ facts }) => (facts.deliveries[0]!['state'] = 'failed_delivery'),
    'is failed_delivery',
  ],
  ['a webhook is forged', ({ arrivals }) => (arrivals[0]!.signature = 'v1,x'), 'the signature of evt_1 does not fit'],
  ['a webhook is of nobody', ({ facts }) => facts.events.shift(), 'got in error {"id":"evt_1"'],
])('finds that %s', (_what, breaks, says) => {
  const broken = night();
  breaks(broken);

  expect(violations(broken).join('\n')).toContain(says);
});

it('lets answers show the present, and ask to come again', () => {
  const { journal, create, ...rest } = night();
  journal.note(create, answer(201, { id: 'pi_1', status: 'qr_generated', qr: null }));
  journal.note(create, answer(202, { id: 'pi_1' }));
  journal.note(create, answer(503, { error: { code: 'SERVICE_UNAVAILABLE' } }));
  journal.note(create, answer(409, { error: { code: 'IDEMPOTENCY_IN_PROGRESS' } }));

  expect(violations({ journal, create, ...rest })).toEqual([]);
});
