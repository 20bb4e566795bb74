import { describe, expect, it } from 'vitest';
import { rfReferences } from './references/rf.js';
import { settingsOf, type BankTransferOptions } from './config.js';

const sepa = { kind: 'sepa', iban: 'DE89370400440532013000' } as const;
const other = { kind: 'other', currency: 'GBP', country: 'GB', number: '31926819' } as const;
const beneficiary = 'Shop Ltd';

describe('the options of a bank transfer', () => {
  it.each<[BankTransferOptions, unknown]>([
    [{ beneficiary, account: { kind: 'sepa', iban: 'de89 3704 0044 0532 0130 00' } }, sepa],
    [
      { beneficiary, account: { ...sepa, bic: 'COBADEFFXXX' } },
      { ...sepa, bic: 'COBADEFFXXX' },
    ],
    [
      { beneficiary, account: { kind: 'paynow', mobile: '+65 9123-4567' } },
      { kind: 'paynow', mobile: '+6591234567' },
    ],
    [
      { beneficiary, account: { kind: 'paynow', uen: '201509555BNN1' } },
      { kind: 'paynow', uen: '201509555BNN1' },
    ],
    [{ beneficiary, account: other }, other],
    [
      { beneficiary, account: { ...other, currency: 'CHF', country: 'CH', number: 'CH93 0076 2011 6238 5295 7' } },
      { ...other, currency: 'CHF', country: 'CH', number: 'CH9300762011623852957' },
    ],
  ])('are put into electronic form: %j', (options, account) => {
    expect(settingsOf(options).payee).toEqual({ beneficiary, account });
  });

  it.each<[string, unknown, string]>([
    ['account', null, 'the options are an object'],
    ['accounts', { accounts: [] }, 'is not an option'],
    ['account', { beneficiary }, 'a beneficiary alone'],
    ['beneficiary', { account: sepa }, 'at most 70 characters'],
    ['beneficiary', { beneficiary: ' ', account: sepa }, 'at most 70 characters'],
    ['beneficiary', { beneficiary: 'a\nb', account: sepa }, 'one line'],
    ['beneficiary', { beneficiary: 'a'.repeat(71), account: sepa }, 'at most 70 characters'],
    ['beneficiary', { beneficiary: 'a'.repeat(26), account: { kind: 'paynow', uen: '201509555B' } }, '25 characters'],
    ['account', { beneficiary, account: null }, 'is no object'],
    ['account', { beneficiary, account: 'DE89370400440532013000' }, 'is no object'],
    ['account.kind', { beneficiary, account: { kind: 'bitcoin' } }, 'is not sepa, vietqr'],
    ['account.iban', { beneficiary, account: { kind: 'sepa', iban: 'DE88370400440532013000' } }, 'check digits'],
    ['account.iban', { beneficiary, account: { kind: 'sepa' } }, 'is no IBAN'],
    ['account.iban', { beneficiary, account: { kind: 'sepa', iban: 'BR1800000000141455123924100C2' } }, 'outside SEPA'],
    ['account.iban', { beneficiary, account: { kind: 'sepa', iban: 'DE36000000000000000000' } }, 'test mode'],
    ['account.bic', { beneficiary, account: { ...sepa, bic: 'x' } }, '8 or 11'],
    ['account.swift', { beneficiary, account: { ...sepa, swift: 'x' } }, 'is not an option'],
    ['account.bank', { beneficiary, account: { kind: 'vietqr', bank: 'VCB', number: '1' } }, 'six digits'],
    ['account.bank', { beneficiary, account: { kind: 'vietqr', bank: '000000', number: '1' } }, 'test mode'],
    [
      'account.number',
      { beneficiary, account: { kind: 'vietqr', bank: '970416', number: 257678859 } },
      'letters and digits',
    ],
    ['account.uen', { beneficiary, account: { kind: 'paynow' } }, 'one of the two'],
    ['account.uen', { beneficiary, account: { kind: 'paynow', uen: '00000000X' } }, 'test mode'],
    [
      'account.mobile',
      { beneficiary, account: { kind: 'paynow', mobile: '61234567' } },
      'no mobile number of Singapore',
    ],
    [
      'account.acquirer',
      { beneficiary, account: { kind: 'duitnow', acquirer: '000000', number: '1', city: 'KL' } },
      'test mode',
    ],
    ['account.city', { beneficiary, account: { kind: 'duitnow', acquirer: '890087', number: '1' } }, 'ASCII'],
    ['account.currency', { beneficiary, account: { ...other, currency: 'XXQ' } }, 'ISO 4217'],
    ['account.country', { beneficiary, account: { ...other, country: 'UK!' } }, 'ISO 3166'],
    ['account.number', { beneficiary, account: { ...other, number: '--' } }, 'letters, digits'],
    ['account.number', { beneficiary, account: { ...other, number: '0000 0000' } }, 'test mode'],
    ['account.number', { beneficiary, account: { ...other, number: 'GB29NWBK60161331926818' } }, 'check digits'],
    ['account.bankCode', { beneficiary, account: { ...other, bankCode: '' } }, 'letters, digits'],
    ['account.bank', { beneficiary, account: { ...other, bank: '\n' } }, 'one line'],
    ['id', { beneficiary, account: sepa, id: 'bank_transfer_gbp' }, 'bank_transfer_eur'],
    ['beneficiary', { beneficiary: '\u{1F35C}'.repeat(70), account: sepa }, '220 bytes'],
    ['account.number', { beneficiary, account: { ...other, number: 'gb29nwbk60161331926818' } }, 'check digits'],
    ['references', { references: { ...rfReferences, write: (number: string) => `${number}-${number}` } }, '1 to 25'],
    ['references', { references: { ...rfReferences, read: () => null } }, 'no payment would be recognised'],
    ['references', { references: { ...rfReferences, find: () => [] } }, 'no payment would be recognised'],
    ['expiryMs', { beneficiary, account: sepa, expiryMs: 0 }, 'above 0'],
    ['graceMs', { beneficiary, account: sepa, graceMs: 1.5 }, 'above 0'],
  ])('name %s when it is wrong: %j', (param, options, reason) => {
    const refusal = expect.objectContaining({
      code: 'CONFIGURATION_INVALID',
      param,
      message: expect.stringContaining(reason),
    });

    expect(() => settingsOf(options as BankTransferOptions)).toThrow(refusal);
  });

  it('never repeat an account number in a message', () => {
    const account = { kind: 'sepa', iban: 'DE88370400440532013000' } as const;

    expect(() => settingsOf({ beneficiary, account })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('3704') }),
    );
  });
});
