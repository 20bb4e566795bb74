import { fieldAt, formatDecimal, numericCodeOf, readEmvco, toRailUnits, writeEmvco } from '@itpay/core';
import {
  defineChannel,
  type AuthorizeRequest,
  type Channel,
  type PaymentInstruction,
  type QrPresentation,
} from '@itpay/kernel';
import { describe, expect, it } from 'vitest';
import { channelContract, type ChannelContractCase } from './channel-contract.js';
import { encodeCases, type EncodingChannel } from './encode-cases.js';
import { factCases } from './fact-cases.js';
import { pluginCases } from './plugin-cases.js';

const instanceCases = { ...factCases, ...encodeCases };
const HEX = '0123456789ABCDEF';

channelContract(() => defineChannel(rail({ mode: 'live', merchantAccount: 'shop' }), rail({ simulated: true })));
channelContract(() =>
  defineChannel(rail({ currencies: ['JPY'], exponentOverrides: {}, limits: { JPY: { max: 5n } } })),
);
channelContract(() => defineChannel(rail({ instructions: (qrData) => spelt(qrData) })));
channelContract(() => defineChannel(rail({ encode: encodeNoReference })), {
  excused: { 'gives different references different texts': 'the rail carries no reference' },
});

describe('the channel contract notices', () => {
  it.each<[string, keyof typeof instanceCases, Partial<Channel>]>([
    ['a live channel that is simulated', 'says who it is', { mode: 'live', simulated: true }],
    ['a payee without a name', 'says who it is', { merchantAccount: ' ' }],
    ['a currency that does not exist', 'lists every currency and capability once', { currencies: ['XXX'] }],
    ['a currency twice', 'lists every currency and capability once', { currencies: ['IDR', 'IDR'] }],
    [
      'crossed limits',
      'has limits and exponents that agree with its currencies',
      { limits: { IDR: { min: 2n, max: 1n } } },
    ],
    [
      'a limit of another currency',
      'has limits and exponents that agree with its currencies',
      { limits: { THB: { min: 1n } } },
    ],
    [
      'a minimum of nothing',
      'has limits and exponents that agree with its currencies',
      { limits: { IDR: { min: 0n } } },
    ],
    [
      'an exponent finer than ISO',
      'has limits and exponents that agree with its currencies',
      { exponentOverrides: { IDR: 3 } },
    ],
    [
      'short references',
      'has references that are long enough to be unique',
      { reference: { maxLength: 11, alphabet: HEX } },
    ],
    [
      'a repeated letter',
      'has references that are long enough to be unique',
      { reference: { maxLength: 32, alphabet: 'AAB' } },
    ],
    ['codes that never live', 'has a life for its codes that is not over at once', { qrTtlMs: 0 }],
    ['a promise', 'encodes without waiting for anything', { encode: (async () => ({})) as never }],
    [
      'no text',
      'encodes without waiting for anything',
      { encode: () => ({ kind: 'qr', qrStandard: 'emvco', qrData: '' }) },
    ],
    [
      'a look at the clock',
      'encodes the same request to the same text, whenever it is asked',
      { encode: (r) => encode({ ...r, reference: String(Date.now()) }) },
    ],
    [
      'a roll of dice',
      'encodes the same request to the same text, whenever it is asked',
      { encode: (r) => encode({ ...r, reference: String(Math.random()) }) },
    ],
    [
      'a changed request',
      'leaves the request as it was',
      { encode: (r) => encode(Object.assign(r, { reference: 'A' })) },
    ],
    ['a moved expiry', 'leaves the request as it was', { encode: (r) => (r.expiresAt.setFullYear(1999), encode(r)) }],
    [
      'a standard that nobody knows',
      'encodes without waiting for anything',
      { encode: (r) => ({ ...encode(r), qrStandard: 'swiss' as never }) },
    ],
    [
      'text that nobody can read',
      'spells its code out for a payer who types, where it spells anything out',
      { encode: (r) => ({ ...encode(r), qrStandard: 'text' }) },
    ],
    [
      'an amount that differs from its code',
      'spells its code out for a payer who types, where it spells anything out',
      { instructions: (qrData) => spelt(qrData, { amount: '1' }) },
    ],
    [
      'a reference that is always the same',
      'spells its code out for a payer who types, where it spells anything out',
      { instructions: (qrData) => spelt(qrData, { reference: 'A' }) },
    ],
    [
      'an empty line',
      'spells its code out for a payer who types, where it spells anything out',
      { instructions: (qrData) => spelt(qrData, { beneficiary: ' ' }) },
    ],
    [
      'instructions for any text',
      'spells its code out for a payer who types, where it spells anything out',
      { instructions: (qrData) => (qrData === 'BCD' ? [{ field: 'amount', value: '1' }] : spelt(qrData)) },
    ],
    ['a lost reference', 'gives different references different texts', { encode: encodeNoReference }],
    [
      'a cut reference',
      'gives different references different texts',
      { encode: (r) => encode({ ...r, reference: r.reference.slice(0, -1) }) },
    ],
    [
      'a lost amount',
      'gives different amounts different texts',
      { encode: (r) => encode({ ...r, amount: { currency: 'IDR', value: 100n } }) },
    ],
    [
      'a letter that is refused after all',
      'takes references of full length and with every character of its alphabet',
      { encode: (r) => (refuseIf(r.reference.includes('F')), encode(r)) },
    ],
    [
      'a wrong amount',
      'encodes amounts exactly, up to its own limits',
      { encode: (r) => encode({ ...r, amount: { ...r.amount, value: r.amount.value + 100n } }) },
    ],
    [
      'a wrong currency',
      'encodes amounts exactly, up to its own limits',
      { encode: (r) => encode({ ...r, amount: { ...r.amount, currency: 'THB' } }) },
    ],
    [
      'a wrong checksum',
      'encodes amounts exactly, up to its own limits',
      { encode: (r) => ({ ...encode(r), qrData: encode(r).qrData.replace(/.$/, 'x') }) },
    ],
    [
      'a limit that cannot be encoded',
      'encodes amounts exactly, up to its own limits',
      { encode: (r) => (refuseIf(r.amount.value > 1_000_000n), encode(r)) },
    ],
    [
      'a rounded amount',
      'refuses an amount that the rail cannot express',
      { encode: (r) => encode({ ...r, amount: { ...r.amount, value: (r.amount.value / 100n) * 100n } }) },
    ],
    [
      'a promise without its method',
      'has the methods of its capabilities, and no others',
      { capabilities: ['qr_dynamic', 'refund'] },
    ],
    [
      'two ways to a code',
      'has the methods of its capabilities, and no others',
      { authorize: (async () => {}) as never },
    ],
    [
      'an explanation that breaks',
      'never throws while it explains an error, and claims nothing about one that it does not know',
      { mapError: (error) => ({ category: (error as { code: never }).code }) },
    ],
    [
      'an error that nobody knows and that is taken for a refusal',
      'never throws while it explains an error, and claims nothing about one that it does not know',
      { mapError: () => ({ category: 'declined' }) },
    ],
  ])('%s', (_, title, flaw) => {
    expect(() => instanceCases[title](rail(flaw), rail(flaw))).toThrow();
    expect(() => instanceCases[title](rail(), rail())).not.toThrow();
  });

  it.each<[string, keyof typeof pluginCases, Channel[]]>([
    [
      'two test instances',
      'brings at most one instance for each mode, all of one rail',
      [rail(), rail({ merchantAccount: 'b' })],
    ],
    [
      'two rails',
      'brings at most one instance for each mode, all of one rail',
      [rail({ id: 'b' }), rail({ mode: 'live' })],
    ],
    ['no test mode', 'brings an instance for test mode', [rail({ mode: 'live' })]],
    [
      'a live code in test mode',
      'never shows the same code in live and in test mode',
      [rail({ mode: 'live' }), rail()],
    ],
  ])('%s', (_, title, channels) => {
    expect(() => pluginCases[title](channels)).toThrow();
  });

  it('an excuse for a case that does not exist', () => {
    const excused = { 'is fast': 'no' } as Partial<Record<ChannelContractCase, string>>;

    expect(() => channelContract(() => defineChannel(rail()), { excused })).toThrow('There is no case "is fast".');
  });
});

/** A rail that counts whole rupiah, in its smallest honest form. */
function rail(change: Partial<Channel> = {}): EncodingChannel {
  const { merchantAccount = 'nobody' } = change;
  return {
    id: 'sample',
    displayName: 'Sample',
    mode: 'test',
    merchantAccount,
    countries: ['ID'],
    currencies: ['IDR'],
    capabilities: ['qr_dynamic'],
    exponentOverrides: { IDR: 0 },
    limits: { IDR: { min: 150n, max: 1_000_000_050n } },
    reference: { maxLength: 20, alphabet: HEX },
    encode: (request) => encode(request, merchantAccount, change.exponentOverrides ?? { IDR: 0 }),
    ...change,
  };
}

function encode(
  { amount, reference }: AuthorizeRequest,
  merchantAccount = 'nobody',
  exponents: Channel['exponentOverrides'] = { IDR: 0 },
): QrPresentation {
  const exponent = exponents?.[amount.currency];
  const units = toRailUnits(amount, exponent);
  const qrData = writeEmvco([
    ['00', '01'],
    [
      '26',
      [
        ['00', 'com.example'],
        ['01', merchantAccount],
        ['02', reference],
      ],
    ],
    ['53', numericCodeOf(amount.currency)],
    ['54', formatDecimal(units, exponent ?? (amount.currency === 'JPY' ? 0 : 2))],
    ['58', 'ID'],
  ]);
  return { kind: 'qr', qrStandard: 'emvco', qrData };
}

function encodeNoReference(request: AuthorizeRequest): QrPresentation {
  return encode({ ...request, reference: 'NONE' });
}

/** What the code of `rail` says, with some of it changed. */
function spelt(
  qrData: string,
  change: Partial<Record<PaymentInstruction['field'], string>> = {},
): PaymentInstruction[] {
  const reading = readEmvco(qrData, { mode: 'strict' });
  if (!reading.ok) return [];
  const reference = fieldAt(reading.fields, '26.02') ?? '';
  const amount = fieldAt(reading.fields, '54') ?? '';
  return Object.entries({ amount, reference, ...change }).map(([field, value]) => ({
    field: field as 'amount',
    value,
  }));
}

function refuseIf(condition: boolean): void {
  if (condition) throw new TypeError('refused');
}
