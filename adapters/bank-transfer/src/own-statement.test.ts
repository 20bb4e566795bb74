import type { StatementPart } from '@itpay/kernel';
import { describe, expect, it } from 'vitest';
import { bankTransfer } from './channel.js';
import type { BankTransferOptions } from './config.js';
import { rfReferences } from './references/rf.js';

const IBAN = 'DE89370400440532013000';
const sepa: BankTransferOptions = { beneficiary: 'Laden GmbH', account: { kind: 'sepa', iban: IBAN } };
const NUMBER = 'A1B2C3D4E5F6';
const csv = {
  delimiter: ';',
  dateFormat: 'DD.MM.YYYY',
  decimal: ',',
  amount: { signed: 'Betrag' },
  currency: { code: 'EUR' },
  columns: { bookedOn: 'Tag', text: ['Zweck'] },
} as const;
const table = `Tag;Betrag;Zweck\n02.01.2025;12,34;${rfReferences.write(NUMBER)}\n03.01.2025;-1,00;Porto\n`;
const mt940 = (account: string) =>
  `:20:A\n:25:${account}\n:28C:1/1\n:60F:C250101EUR0,\n:61:250102C12,34NTRFNONREF//B1\n` +
  `:86:${rfReferences.write(NUMBER)}\n:62F:C250102EUR12,34\n-\n`;

async function read(options: BankTransferOptions, mode: 'live' | 'test', file: string): Promise<StatementPart[]> {
  const channel = bankTransfer(options).channels.find((one) => one.mode === mode)!;
  async function* bytes() {
    yield Buffer.from(file);
  }
  const parts: StatementPart[] = [];
  for await (const part of channel.parseStatement!(bytes(), { name: 'january.csv' })) parts.push(part);
  return parts;
}

describe('the statement of the account', () => {
  it('is read by both instances, and its rows name our order numbers', async () => {
    for (const mode of ['live', 'test'] as const) {
      const parts = await read(sepa, mode, mt940(IBAN));

      expect(parts.map(({ part }) => part)).toEqual(['statement', 'row', 'facts']);
      expect(parts[1]).toMatchObject({ row: { reference: NUMBER, amount: { currency: 'EUR', value: 1234n } } });
    }
  });

  it('is refused in live mode when it is that of another account, without repeating the number', async () => {
    const other = 'FR1420041010050500013M02606';

    const refused = read(sepa, 'live', mt940(other));

    await expect(refused).rejects.toMatchObject({ code: 'STATEMENT_INVALID' });
    await expect(refused).rejects.toThrow('ends in 2606, and payments go to 3000');
    await expect(refused).rejects.not.toThrow(other);
    expect(await read(sepa, 'test', mt940(other))).toHaveLength(3);
  });

  it('is taken when the bank writes the account in its own way', async () => {
    expect(await read(sepa, 'live', mt940('37040044/0532013000'))).toHaveLength(3);
  });

  it('is a table where the columns are described, and has the name of its file', async () => {
    const parts = await read({ ...sepa, statement: { csv } }, 'live', table);

    expect(parts[0]).toEqual({ part: 'statement', statementId: 'january.csv', account: IBAN });
    expect(parts[1]).toMatchObject({ row: { kind: 'credit', reference: NUMBER } });
    expect(parts[2]).toMatchObject({ row: { kind: 'debit', reference: null } });
    await expect(read(sepa, 'live', table)).rejects.toMatchObject({ code: 'STATEMENT_INVALID' });
  });

  it('has the currency of the account where the file tells none', async () => {
    const intraday = ':20:A\n:25:1\n:28C:1/1\n:61:250102C5,NTRFNONREF//B1\n-\n';
    const pounds = { kind: 'other', currency: 'GBP', country: 'GB', number: '31926819' } as const;

    const parts = await read({ beneficiary: 'Shop Ltd', account: pounds }, 'live', intraday);

    expect(parts[1]).toMatchObject({ row: { amount: { currency: 'GBP', value: 500n } } });
  });
});

it.each<[what: string, statement: unknown, param: string]>([
  ['text', 'csv', 'statement'],
  ['another option', { xml: {} }, 'statement.xml'],
  ['an encoding that nobody knows', { encoding: 'latin1' }, 'statement.encoding'],
  ['a profile that cannot be meant', { csv: { ...csv, dateFormat: 'DD' } }, 'profile'],
])('is refused at the start with %s', (_what, statement, param) => {
  expect(() => bankTransfer({ ...sepa, statement: statement as never })).toThrow(
    expect.objectContaining({ code: 'CONFIGURATION_INVALID', param }),
  );
});
