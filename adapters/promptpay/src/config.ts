import { ItPayError } from '@itpay/core';
import type { Channel } from '@itpay/kernel';
import { digitsOf, isReference, isThaiId, readTarget } from './mapping.js';
import type { PromptPayProvider } from './provider.js';

/**
 * Who receives the money in live mode: a target, a biller, or the biller of a bank that confirms payments. Without any of
 * them, only test mode is there.
 */
export interface PromptPayOptions {
  /**
   * The PromptPay id of the payee: a mobile number (`0812345678`), a national or tax id (13 digits) or an e-wallet id (15
   * digits). Such a code carries no reference, so statements show only the amount and the payer.
   */
  readonly target?: string | undefined;
  /** A biller, whose codes carry our order number as reference 1. Banks give biller ids to companies. */
  readonly biller?:
    | {
        /** 15 digits, from the bank: the tax id and two more. */
        readonly id: string;
        /** What your bank wants in reference 2 of every code: 1 to 20 of `A-Z0-9`. Left out: nothing. */
        readonly reference2?: string | undefined;
      }
    | undefined;
  /**
   * Reads the bank's statement, so that what it shows counts: `parseCsv` of `@itpay/channel-bank-transfer` with the bank's
   * columns, say. Left out: an operator records what the statement shows.
   */
  readonly statement?: StatementReader | undefined;
  /** A bank whose API makes the codes and confirms payments: `scb({ … })`. */
  readonly provider?: PromptPayProvider | undefined;
}

/** Reads a file of the bank, see `Channel`. */
export type StatementReader = NonNullable<Channel['parseStatement']>;

/** The receiver of the money, checked. */
export type Payee =
  { readonly target: string } | { readonly billerId: string; readonly reference2?: string | undefined };

/**
 * The bank that confirms payments; null when there is none.
 *
 * @throws ItPayError `CONFIGURATION_INVALID` naming the option
 */
export function providerOf(options: PromptPayOptions): PromptPayProvider | null {
  const { provider, ...others } = typeof options === 'object' && options !== null ? options : {};
  if (provider === undefined) return null;
  if (!Array.isArray((provider as PromptPayProvider | null)?.instances) || provider.instances.length === 0) {
    throw invalid('provider', 'is no provider such as scb({ … }).');
  }
  const [other] = Object.entries(others).filter(([, value]) => value !== undefined);
  if (other !== undefined) {
    throw invalid(other[0], 'is set beside provider, which names the payee by itself. Leave one of them out.');
  }
  return provider;
}

/**
 * Checks the options while a person is looking, because a mistake here sends money to a stranger.
 *
 * @returns null when no payee is configured
 * @throws ItPayError `CONFIGURATION_INVALID` naming the option
 */
export function payeeOf(options: PromptPayOptions): Payee | null {
  if (typeof options !== 'object' || options === null) {
    throw invalid('target', "is missing: the options are an object such as { target: '0812345678' }.");
  }
  const { target, biller, statement, provider: _, ...unknown } = options;
  const [misspelt] = Object.keys(unknown);
  if (misspelt !== undefined)
    throw invalid(misspelt, 'is not an option. The options are target, biller, statement and provider.');

  if (statement !== undefined && typeof statement !== 'function') {
    throw invalid('statement', 'is not a function such as (file, { name }) => parseCsv(file, { … }).');
  }
  if (target !== undefined && biller !== undefined) {
    throw invalid('target, biller', 'are both set, but a code names one payee. Keep biller if your bank gave you one.');
  }
  if (target !== undefined) return checkTarget(target);
  if (biller !== undefined) return checkBiller(biller);
  return null;
}

function checkTarget(target: string): Payee {
  if (typeof target !== 'string') throw invalid('target', 'is not text. Put it in quotes, with its leading zero.');

  const reading = readTarget(target);
  if ('flaw' in reading) throw invalid('target', `${reading.flaw}.`);

  const { type, value } = reading.proxy;
  // https://qrpayhub.com/promptpay/guide names the three (read 2026-11-22).
  if (type === 'mobile' && !/^0066[689]/.test(value)) {
    throw invalid('target', 'is no mobile number: those of Thailand begin with 06, 08 or 09.');
  }
  // Thirteen digits are read as an id, and about one mobile number in ten has a fitting check digit by chance.
  if (type === 'national_or_tax_id' && value.startsWith('0066')) {
    throw invalid('target', 'is a mobile number in the form of the payload. Write it as 0812345678 or +66812345678.');
  }
  if (type === 'national_or_tax_id' && !isThaiId(value)) {
    throw invalid(
      'target',
      'is no national or tax id: its last digit does not fit the others. Look for a typing error.',
    );
  }
  if (type === 'e_wallet' && /^0+$/.test(value)) throw invalid('target', 'is zeros only, which no wallet has.');
  return { target };
}

function checkBiller(biller: PromptPayOptions['biller'] & {}): Payee {
  if (typeof biller !== 'object' || biller === null) throw invalid('biller', "is not an object such as { id: '…' }.");

  const { id, reference2, ...unknown } = biller;
  const [misspelt] = Object.keys(unknown);
  if (misspelt !== undefined) throw invalid(`biller.${misspelt}`, 'is not an option. It has id and reference2.');

  const billerId = typeof id === 'string' ? digitsOf(id) : null;
  if (billerId?.length !== 15) {
    throw invalid(
      'biller.id',
      'is not text of 15 digits: the tax id and two more. Your bank states it in the contract.',
    );
  }
  if (/^0{13}/.test(billerId)) throw invalid('biller.id', 'is zeros, which is the payee of test mode.');
  if (reference2 !== undefined && !(typeof reference2 === 'string' && isReference(reference2))) {
    throw invalid('biller.reference2', 'is not 1 to 20 of A-Z and 0-9. Leave it out if your bank wants none.');
  }
  return { billerId, reference2 };
}

/** The message names the option and never repeats its value: an id of a person belongs in no log. */
function invalid(option: string, problem: string): ItPayError {
  const place = option.startsWith('biller.')
    ? `promptpay({ biller: { ${option.slice(7)} } })`
    : `promptpay({ ${option} })`;
  return new ItPayError('CONFIGURATION_INVALID', { message: `${place}: ${option} ${problem}`, param: option });
}
