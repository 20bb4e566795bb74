import { fieldAt, ItPayError, numericCodeOf, parseDecimal, readEmvco, type TlvField } from '@itpay/core';
import type { Clock, Random, SimulatedRail } from '@itpay/kernel';
import { transactionId } from './transaction-id.js';

/**
 * A Thai wallet that knows only the text of the code. It reads the payload by itself and shares nothing with the channel,
 * so that a mistake of the channel shows.
 *
 * As on the real rail, the payer can change the amount, and a code can be paid again: every transfer has its own number.
 */
export function promptpayPayer({ clock, random }: { clock: Clock; random: Random }): SimulatedRail {
  return {
    channel: 'promptpay',
    scan(qrData) {
      const reading = readEmvco(qrData, { mode: 'strict' });
      if (!reading.ok) throw refused(`The wallet cannot read this code: ${reading.reason}`);
      if (!isForNobody(reading.fields)) {
        throw refused(
          'This is a real PromptPay code; the simulator never pays real codes. Create the payment with a test key.',
        );
      }
      return { currency: 'THB', value: satangAsked(reading.fields) };
    },
    transfer(amount) {
      const paidAt = clock.now();
      return { channelTransactionId: transactionId(paidAt, random), amount, paidAt };
    },
  };
}

// What test mode shows instead of a payee: the mobile number 000-000-0000 and biller 0. Neither can be registered, because
// Thai mobile numbers begin with 06, 08 or 09 and a biller id begins with the tax id of a company.
const CREDIT_TRANSFER_AID = 'A000000677010111';
const NOBODY_MOBILE = '0066000000000';
const BILL_PAYMENT_AID = 'A000000677010112';
const NOBODY_BILLER = '000000000000000';

/** Whether the code names no account but the unpayable one. One real account beside it is enough for a real payment. */
function isForNobody(fields: readonly TlvField[]): boolean {
  const [account, ...others] = fields.filter(({ tag }) => tag >= '02' && tag <= '51');
  const [aid, payee, ...references] = account?.children ?? [];
  if (others.length > 0 || aid?.tag !== '00' || payee?.tag !== '01') return false;

  if (account?.tag === '29') {
    return aid.value === CREDIT_TRANSFER_AID && payee.value === NOBODY_MOBILE && references.length === 0;
  }
  const onlyReferences = references.every(({ tag }) => tag === '02' || tag === '03');
  return account?.tag === '30' && aid.value === BILL_PAYMENT_AID && payee.value === NOBODY_BILLER && onlyReferences;
}

function satangAsked(fields: readonly TlvField[]): bigint {
  if (fieldAt(fields, '58') !== 'TH' || fieldAt(fields, '53') !== numericCodeOf('THB')) {
    throw refused('The code does not ask for Thai baht in Thailand; PromptPay moves nothing else.');
  }
  const baht = fieldAt(fields, '54');
  if (baht === undefined) {
    throw refused(
      'The code leaves the amount to the payer; the simulated payer pays only the amount that a code asks for.',
    );
  }
  return parseDecimal(baht, 2);
}

function refused(message: string): ItPayError {
  return new ItPayError('PARAMETER_INVALID', { message, param: 'qr_data' });
}
