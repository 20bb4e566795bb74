import { capturedLogger } from '@itpay/testkit';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Tx } from '../ports/database.js';
import { veto, type Hook, type HookSubject } from './hook.js';
import { HookRunner } from './hook-runner.js';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

const subject: HookSubject = {
  point: 'payment_intent.create',
  actor: { account: 'm_1', livemode: false, id: 'key_1', requestId: null },
  request: { amount: { currency: 'THB', value: 100 } },
  objectId: null,
};
const tx = { trx: 'the transaction' } as unknown as Tx;
let logger: ReturnType<typeof capturedLogger>;
beforeEach(() => void (logger = capturedLogger()));

const runner = (...hooks: Partial<Hook>[]) =>
  new HookRunner(
    hooks.map((hook, index) => ({ name: `hook-${index}`, on: 'payment_intent.create', ...hook })),
    logger,
  );
const over = () => {
  throw veto('over_budget', 'The budget is used up.');
};
const vetoed = (details: object) => ({ code: 'OPERATION_VETOED', details });

describe('Before', () => {
  it('asks the hooks of the point in their order, with what is about to happen', async () => {
    const asked: unknown[] = [];
    const note = (name: string) => (what: HookSubject) => void asked.push([name, what]);

    const advice = await runner(
      { before: note('first') },
      { on: 'refund.create', before: note('elsewhere') },
      { before: note('second') },
    ).before(subject);

    expect([advice, asked]).toEqual([
      {},
      [
        ['first', subject],
        ['second', subject],
      ],
    ]);
  });

  it('ends at the first veto, and says whose it is', async () => {
    const later = vi.fn();

    const asked = runner({ before: over, name: 'budget' }, { before: later }).before(subject);

    await expect(asked).rejects.toMatchObject({
      message: 'The budget is used up.',
      ...vetoed({ veto: 'over_budget', hook: 'budget' }),
    });
    expect([later.mock.calls.length, logger.lines]).toEqual([0, []]);
  });

  it.each<[string, Hook['before']]>([
    ['throws', () => Promise.reject(new Error('the stock service is away'))],
    ['throws before its first wait', () => JSON.parse('{')],
  ])('takes a hook that %s for a veto without its words, unless it allows', async (_, before) => {
    const refused = runner({ before, name: 'stock' }).before(subject);
    await expect(refused).rejects.toMatchObject(vetoed({ veto: 'hook_failed', hook: 'stock' }));
    await expect(refused).rejects.not.toThrow(/stock service|JSON/);

    expect(await runner({ before, onError: 'allow' }).before(subject)).toEqual({});
    expect(logger.lines).toMatchObject([
      { level: 'error', fields: { hook: 'stock', point: 'payment_intent.create', allowed: false } },
      { level: 'error', fields: { hook: 'hook-0', allowed: true } },
    ]);
  });

  it('a veto stays one where errors are allowed', async () => {
    await expect(runner({ before: over, onError: 'allow' }).before(subject)).rejects.toMatchObject(
      vetoed({ veto: 'over_budget', hook: 'hook-0' }),
    );
  });

  it('gives a hook 2 seconds, tells it to stop, and leaves no timer behind', async () => {
    let signal: AbortSignal | undefined;
    const hanging = runner({
      before: (_, context) => {
        signal = context.signal;
        return new Promise(() => {});
      },
    }).before(subject);
    const refused = expect(hanging).rejects.toMatchObject(vetoed({ veto: 'hook_failed', hook: 'hook-0' }));

    await vi.advanceTimersByTimeAsync(1_999);
    expect(signal?.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await refused;

    expect([signal?.aborted, vi.getTimerCount()]).toEqual([true, 0]);
  });

  it('gathers advice: the first order of channels, and metadata of all, where the first counts', async () => {
    const advice = await runner(
      { before: () => ({ metadata: { tier: 'gold' } }) },
      { before: async () => ({ channels: ['b', 'a'], metadata: { tier: 'tin', shop: '7' } }) },
      { before: () => ({ channels: ['a'] }) },
    ).before(subject);

    expect(advice).toEqual({ channels: ['b', 'a'], metadata: { tier: 'gold', shop: '7' } });
  });
});

describe('Within', () => {
  it('gives each hook the transaction and what was just written', async () => {
    const within = vi.fn(async () => {});

    await runner({ within }, { before: over }).within(tx, subject, { id: 'pi_1' });

    expect(within.mock.calls).toEqual([[{ ...subject, object: { id: 'pi_1' } }, tx]]);
  });

  it('passes on what a hook throws, so that all is rolled back; a veto says whose it is', async () => {
    const broken = new Error('duplicate key');

    await expect(runner({ within: async () => Promise.reject(broken) }).within(tx, subject, {})).rejects.toBe(broken);
    await expect(runner({ within: async () => over() }).within(tx, subject, {})).rejects.toMatchObject(
      vetoed({ veto: 'over_budget', hook: 'hook-0' }),
    );
  });
});

it('knows whether anybody has a say', () => {
  const hooks = runner({ before: () => {} }, { on: 'refund.create', within: async () => {} });

  expect([
    hooks.has('payment_intent.create', 'before'),
    hooks.has('payment_intent.create', 'within'),
    hooks.has('refund.create', 'within'),
    hooks.has('payment_intent.cancel', 'before'),
  ]).toEqual([true, false, true, false]);
});

it.each<[string, Partial<Hook>[]]>([
  ['a point that does not exist', [{ on: 'payment_intent.paid' as never }]],
  ['two of one name', [{ name: 'budget' }, { name: 'budget', on: 'refund.create' }]],
])('refuses %s at the start', (_, hooks) => {
  expect(() => runner(...hooks)).toThrow(expect.objectContaining({ code: 'CONFIGURATION_INVALID', param: 'plugins' }));
});
