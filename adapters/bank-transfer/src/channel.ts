import {
  defineChannel,
  type AuthorizeRequest,
  type Channel,
  type ChannelPlugin,
  type QrPresentation,
} from '@itpay/kernel';
import { presentDuitNow } from './codes/duitnow.js';
import { presentEpc } from './codes/epc.js';
import { presentPayNow } from './codes/paynow.js';
import { presentText } from './codes/text.js';
import { presentVietQr } from './codes/vietqr.js';
import { currencyOf, settingsOf, type BankTransferOptions, type Payee, type Settings } from './config.js';
import { instructionsOf } from './instructions.js';
import { DUITNOW_AMOUNTS, EPC_AMOUNTS, PAYNOW_AMOUNTS, VIETQR_AMOUNTS } from './mapping.js';
import { ownRefunds } from './own-refunds.js';
import { ownStatement } from './own-statement.js';
import { rfReferences } from './references/rf.js';
import type { ReferenceScheme } from './references/scheme.js';

/**
 * Bank transfer: the payer transfers to the merchant's own account with a reference that finds the order again. Brings a
 * live instance for the account, and always a test instance with an account that no bank has.
 *
 * @throws ItPayError `CONFIGURATION_INVALID` naming the option that is wrong
 */
export function bankTransfer(options: BankTransferOptions = {}): ChannelPlugin {
  const settings = settingsOf(options);
  const references = options.references ?? rfReferences;
  const { payee } = settings;
  const test: Channel = {
    ...channelTo(nobodyLike(payee), settings, references, 'test'),
    mode: 'test',
    simulated: true,
  };
  if (payee === null) return defineChannel(test);
  return defineChannel({ ...channelTo(payee, settings, references, 'live'), mode: 'live' }, test);
}

/**
 * The payee of test mode, so that test codes look like the live ones. No bank has these accounts: German bank codes begin
 * with 1 to 8, BIN and acquirer 000000 are given to nobody, and no company of Singapore has a UEN of zeros.
 */
function nobodyLike(payee: Payee | null): Payee {
  const beneficiary = 'TEST';
  const { account } = payee ?? { account: { kind: 'sepa' } as const };
  switch (account.kind) {
    case 'sepa':
      return { beneficiary, account: { kind: 'sepa', iban: 'DE36000000000000000000' } };
    case 'vietqr':
      return { beneficiary, account: { kind: 'vietqr', bank: '000000', number: '0000000000' } };
    case 'paynow':
      return { beneficiary, account: { kind: 'paynow', uen: '00000000X' } };
    case 'duitnow':
      return { beneficiary, account: { ...account, acquirer: '000000', number: '0000000000' } };
    case 'other':
      return {
        beneficiary,
        account: { kind: 'other', currency: account.currency, country: account.country, number: '00000000' },
      };
  }
}

function channelTo(
  payee: Payee,
  settings: Settings,
  references: ReferenceScheme,
  mode: Channel['mode'],
): Omit<Channel, 'mode'> {
  const { account } = payee;
  const merchantAccount = merchantAccountOf(payee);
  const isTest = mode === 'test';
  return {
    id: settings.id,
    displayName: DISPLAY_NAMES[account.kind],
    merchantAccount,
    countries: [countryOf(payee)],
    currencies: [currencyOf(account)],
    // Not amount_locked: whoever transfers chooses the amount. And no qrTtlMs: an account number has no end.
    capabilities: [
      'qr_dynamic',
      'offline_qr',
      'statement',
      ...(account.kind === 'sepa' ? (['refund_file'] as const) : []),
    ],
    limits: { [currencyOf(account)]: LIMITS[account.kind] },
    reference: references.orderNumbers,
    defaultExpiryMs: settings.expiryMs,
    expiryGraceMs: settings.graceMs,
    encode: (request) => present(payee, references, request),
    instructions: (qrData) => instructionsOf(qrData, payee),
    ...(account.kind === 'sepa' && {
      refundFile: (request) => ownRefunds(request, { beneficiary: payee.beneficiary, account }),
    }),
    parseStatement: (file, about) =>
      ownStatement(file, about, { payee, merchantAccount, references, options: settings.statement, isTest }),
  };
}

const DISPLAY_NAMES = {
  sepa: 'SEPA transfer',
  vietqr: 'VietQR',
  paynow: 'PayNow',
  duitnow: 'DuitNow',
  other: 'Bank transfer',
} as const;

const LIMITS = {
  sepa: { min: EPC_AMOUNTS.min, max: EPC_AMOUNTS.max },
  vietqr: { min: VIETQR_AMOUNTS.min, max: VIETQR_AMOUNTS.max },
  paynow: { min: PAYNOW_AMOUNTS.min, max: PAYNOW_AMOUNTS.max },
  duitnow: { min: DUITNOW_AMOUNTS.min, max: DUITNOW_AMOUNTS.max },
  other: { min: 1n },
} as const;

function merchantAccountOf({ account }: Payee): string {
  switch (account.kind) {
    case 'sepa':
      return account.iban;
    case 'vietqr':
      return `${account.bank}/${account.number}`;
    case 'paynow':
      return (account.uen ?? account.mobile)!;
    case 'duitnow':
      return `${account.acquirer}/${account.number}`;
    case 'other':
      return [account.bankCode, account.number].filter(Boolean).join('/').replace(/[ -]/g, '');
  }
}

function countryOf({ account }: Payee): string {
  switch (account.kind) {
    case 'sepa':
      return account.iban.slice(0, 2);
    case 'vietqr':
      return 'VN';
    case 'paynow':
      return 'SG';
    case 'duitnow':
      return 'MY';
    case 'other':
      return account.country;
  }
}

function present(
  { account, beneficiary }: Payee,
  references: ReferenceScheme,
  request: AuthorizeRequest,
): QrPresentation {
  const { amount, expiresAt } = request;
  const reference = references.write(request.reference);
  const emvco = (qrData: string): QrPresentation => ({ kind: 'qr', qrStandard: 'emvco', qrData });
  switch (account.kind) {
    case 'sepa': {
      const remittance = references.structured ? { reference } : { text: reference };
      const { iban, bic } = account;
      const qrData = presentEpc({ name: beneficiary, iban, bic, amount, ...remittance });
      return { kind: 'qr', qrStandard: 'epc', qrData };
    }
    case 'vietqr':
      return emvco(presentVietQr({ bank: account.bank, account: account.number, amount, purpose: reference }));
    case 'paynow': {
      const { uen, mobile } = account;
      const proxy =
        uen === undefined ? { type: 'mobile' as const, value: mobile! } : { type: 'uen' as const, value: uen };
      return emvco(
        presentPayNow({ proxy, amount, expiry: dayInSingapore(expiresAt), name: beneficiary, bill: reference }),
      );
    }
    case 'duitnow': {
      const { acquirer, number, city } = account;
      return emvco(presentDuitNow({ acquirer, account: number, amount, name: beneficiary, city, reference }));
    }
    case 'other': {
      const qrData = presentText({ ...account, beneficiary, amount, reference });
      return { kind: 'qr', qrStandard: 'text', qrData };
    }
  }
}

const SINGAPORE_MS = 8 * 3_600_000;

function dayInSingapore(at: Date): string {
  return new Date(at.getTime() + SINGAPORE_MS).toISOString().slice(0, 10).replaceAll('-', '');
}
