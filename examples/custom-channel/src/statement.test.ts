import type { StatementPart } from '@itpay/kernel';
import { describe, expect, it } from 'vitest';
import { pix } from './channel.js';

const HEADER = 'data;valor;endToEndId;txid';
const END_TO_END = 'E00000000202501020930abcdefghijk';
const paid = `2025-01-02T09:30:00-03:00;19,90;${END_TO_END};A1B2C3D4E5F6G7H8J9K0M1N2P`;

async function read(...lines: string[]): Promise<StatementPart[]> {
  const [live] = pix({ key: 'caixa@loja.example', name: 'Loja da Esquina', city: 'SAO PAULO' }).channels;
  async function* bytes() {
    const file = Buffer.from(lines.join('\r\n'));
    for (let at = 0; at < file.length; at += 7) yield file.subarray(at, at + 7);
  }
  const parts: StatementPart[] = [];
  for await (const part of live!.parseStatement!(bytes(), { name: 'janeiro.csv' })) parts.push(part);
  return parts;
}

describe('the statement of the bank', () => {
  it('names the order of a payment', async () => {
    const [statement, row, facts] = await read(HEADER, paid, '');

    expect(statement).toEqual({ part: 'statement', statementId: 'janeiro.csv', account: 'pix' });
    expect(row).toEqual({
      part: 'row',
      row: {
        kind: 'credit',
        direction: 'in',
        dedupeKey: END_TO_END,
        channelTransactionId: END_TO_END,
        reference: 'A1B2C3D4E5F6G7H8J9K0M1N2P',
        text: 'A1B2C3D4E5F6G7H8J9K0M1N2P',
        amount: { currency: 'BRL', value: 1990n },
        bookedAt: new Date('2025-01-02T12:30:00Z'),
        status: 'booked',
        position: 'line 2',
      },
    });
    expect(facts).toMatchObject({ part: 'facts', facts: { complete: false, balancesAgree: null } });
  });

  it('tells what went as what went', async () => {
    const [, row] = await read(HEADER, `2025-01-02T09:30:00-03:00;-1.234,50;${END_TO_END};`);

    expect(row).toMatchObject({
      row: { kind: 'debit', direction: 'out', reference: null, amount: { value: 123_450n } },
    });
  });

  it.each([
    ['nothing', []],
    ['other columns', ['data;valor', paid]],
    ['another amount', [HEADER, paid.replace('19,90', '19.90')]],
    ['no day', [HEADER, paid.replace('2025-01-02T09:30:00-03:00', 'ontem')]],
    ['no number of the rail', [HEADER, paid.replace(END_TO_END, '7')]],
    ['a column too many', [HEADER, `${paid};x`]],
    ['no end', [HEADER, 'x'.repeat(20_000)]],
  ])('is refused with %s', async (_what, lines) => {
    await expect(read(...lines)).rejects.toMatchObject({ code: 'STATEMENT_INVALID' });
  });
});
