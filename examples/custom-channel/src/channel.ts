import { writeEmvco } from '@itpay/core';
import { defineChannel, type AuthorizeRequest, type Channel, type ChannelPlugin } from '@itpay/kernel';
import { NOBODY, payeeOf, type PixOptions } from './config.js';
import { MAX_CENTAVOS, MIN_CENTAVOS, reaisOf } from './mapping.js';
import { parseStatement } from './statement.js';
import * as wire from './wire.js';

/**
 * Pix: a Brazilian bank app scans the code and transfers reais at once. Brings a live instance for the payee, and a test
 * instance whose code nobody can pay.
 *
 * @throws ItPayError `CONFIGURATION_INVALID` naming the option that is wrong
 */
export function pix(options: PixOptions): ChannelPlugin {
  const payee = payeeOf(options);
  return defineChannel(
    { ...channelTo(payee), mode: 'live' },
    { ...channelTo({ ...payee, key: NOBODY }), mode: 'test', simulated: true },
  );
}

function channelTo(payee: PixOptions): Omit<Channel, 'mode'> {
  return {
    id: 'pix',
    displayName: 'Pix',
    merchantAccount: payee.key,
    countries: ['BR'],
    currencies: ['BRL'],
    // Not amount_locked: nothing stops a payer who transfers another amount to the same key.
    capabilities: ['qr_dynamic', 'offline_qr', 'statement'],
    limits: { BRL: { min: MIN_CENTAVOS, max: MAX_CENTAVOS } },
    // The rail takes small letters too; without I, L, O and U a person can read a number aloud.
    reference: { maxLength: wire.TXID.maxLength, alphabet: '0123456789ABCDEFGHJKMNPQRSTVWXYZ' },
    encode: (request) => ({ kind: 'qr', qrStandard: 'emvco', qrData: codeFor(payee, request) }),
    parseStatement,
  };
}

function codeFor({ key, name, city }: PixOptions, { reference, amount }: AuthorizeRequest): string {
  const { system } = wire.ACCOUNT;
  return writeEmvco([
    [wire.PAYLOAD_FORMAT.tag, wire.PAYLOAD_FORMAT.value],
    [
      wire.ACCOUNT.tag,
      [
        [system.tag, system.value],
        [wire.ACCOUNT.key, key],
      ],
    ],
    [wire.CATEGORY.tag, wire.CATEGORY.none],
    [wire.CURRENCY.tag, wire.CURRENCY.real],
    [wire.AMOUNT, reaisOf(amount)],
    [wire.COUNTRY.tag, wire.COUNTRY.brazil],
    [wire.NAME.tag, name],
    [wire.CITY.tag, city],
    [wire.TXID.tag, [[wire.TXID.child, reference]]],
  ]);
}
