import { isItPayError, ItPayError } from '@itpay/core';
import type { RefundFileDocument, RefundFileRequest } from '@itpay/kernel';
import type { SepaAccount } from './config.js';
import { toLatin } from './latin.js';
import { refundFile } from './refund-file.js';

/**
 * The refunds of this channel as a file for its own bank. Names and texts are cut to what SEPA carries; account numbers and
 * our refund numbers are written as they are, or not at all.
 *
 * @throws ItPayError `PARAMETER_INVALID` and its kin, naming the transfer: `transfers[3].account`
 */
export function ownRefunds(
  { fileId, createdAt, transfers }: RefundFileRequest,
  { beneficiary, account }: { readonly beneficiary: string; readonly account: SepaAccount },
): RefundFileDocument {
  try {
    const xml = refundFile({
      messageId: fileId,
      createdAt,
      executionDate: dayInEurope(createdAt),
      // SEPA's word for what it has no letters for.
      debtor: { name: cut(beneficiary, 70) ?? 'NOTPROVIDED', iban: account.iban, bic: account.bic },
      refunds: transfers.map(({ refundReference, amount, account: iban, name, text }) => ({
        reference: refundReference,
        amount,
        name: cut(name, 70) ?? '',
        iban,
        text: text === null ? undefined : cut(text, 140),
      })),
    });
    return { extension: 'refunds.xml', contentType: 'application/xml', bytes: Buffer.from(xml) };
  } catch (error) {
    throw isItPayError(error) ? inWordsOfChannels(error) : error;
  }
}

/** The day on which banks of the euro work, whatever the clock of the server says. */
function dayInEurope(at: Date): string {
  const parts = Object.fromEntries(FRANKFURT.formatToParts(at).map(({ type, value }) => [type, value]));
  return `${parts['year']}-${parts['month']}-${parts['day']}`;
}

const FRANKFURT = new Intl.DateTimeFormat('en-US', {
  timeZone: 'Europe/Berlin',
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
});

function cut(text: string, length: number): string | undefined {
  const latin = toLatin(text).slice(0, length).trim();
  return latin === '' ? undefined : latin;
}

const NAMES: Readonly<Record<string, string>> = { iban: 'account', reference: 'refundReference' };

function inWordsOfChannels(error: ItPayError): ItPayError {
  const [, index, field = ''] = /^refunds\[(\d+)\]\.(\w+)$/.exec(error.param ?? '') ?? [];
  if (index === undefined) return error;
  const param = `transfers[${index}].${NAMES[field] ?? field}`;
  return new ItPayError(error.code, {
    message: error.message.replace(error.param!, param),
    param,
    details: error.details,
    cause: error,
  });
}
