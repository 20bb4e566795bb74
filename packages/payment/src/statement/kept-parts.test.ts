import type { StatementPart } from '@itpay/kernel';
import { expect, it } from 'vitest';
import { KeptParts } from './kept-parts.js';

const row = (n: number): StatementPart => ({
  part: 'row',
  row: {
    kind: 'credit',
    dedupeKey: `K${n}`,
    channelTransactionId: null,
    reference: `R${n}`,
    text: 'Ünïcode',
    amount: { currency: 'CNY', value: 10n ** 15n + BigInt(n) },
    ...(n % 2 === 0 && { fee: { currency: 'CNY', value: 6n } }),
    bookedAt: new Date(1_735_776_000_000 + n),
    counterparty: { name: 'a', account: 'b' },
    status: 'booked',
    direction: 'in',
    position: `line ${n}`,
  },
});
const parts: readonly StatementPart[] = [
  { part: 'statement', statementId: 'S', account: '1' },
  ...Array.from({ length: 1_234 }, (_, n) => row(n)),
  {
    part: 'facts',
    facts: {
      statementId: 'S',
      account: '1',
      currency: 'CNY',
      opening: { currency: 'CNY', value: -5n },
      closing: { currency: 'CNY', value: 5n },
      complete: true,
      balancesAgree: true,
    },
  },
];
const keep = (name: string, some: readonly StatementPart[]) => {
  const kept = new KeptParts(name);
  for (const part of some) kept.add(part);
  return kept;
};

it('reads back what was kept, as often as one likes', async () => {
  const kept = keep('2025-01-02', parts);

  for (let time = 0; time < 2; time += 1) {
    const read: StatementPart[] = [];
    for await (const part of kept.read()) read.push(part);
    expect(read).toEqual(parts);
  }
});

it('has a digest of the day and of everything that was told', () => {
  const digest = (name: string, some: readonly StatementPart[]) => keep(name, some).digest().toString('hex');

  expect(digest('2025-01-02', parts)).toBe(digest('2025-01-02', parts));
  expect(digest('2025-01-02', parts)).not.toBe(digest('2025-01-03', parts));
  expect(digest('2025-01-02', parts)).not.toBe(digest('2025-01-02', parts.slice(0, -1)));
  expect(digest('2025-01-02', [])).not.toBe(digest('2025-01-03', []));
});
