import { generate as peer, parseBarcode, validate } from 'promptparse';
import generatePayload from 'promptpay-qr';
import { describe, expect, it } from 'vitest';
import { crc16, readEmvco } from '@itpay/core';
import { botBarcodeToQr, parseBotBarcode } from './bot-barcode.js';
import { bahtOf } from './mapping.js';
import { parsePromptPay } from './parse.js';
import { presentPromptPay } from './payload.js';
import { parseSlip } from './slip.js';

// Others who make and read these codes. They put the country elsewhere, so that fields are compared and not texts.

const amounts = [1n, 10n, 99n, 100n, 2015n, 123_456n, 99_999_999n];
const thb = (value: bigint) => ({ currency: 'THB', value });
const fields = (payload: string) => {
  const reading = readEmvco(payload, { mode: 'strict' });
  if (!reading.ok) throw new Error(reading.reason);
  return Object.fromEntries(reading.fields.filter(({ tag }) => tag !== '63').map(({ tag, value }) => [tag, value]));
};

describe('promptpay-qr', () => {
  it.each(['0812345678', '081-234-5678', '+66 81 234 5678', '1234567890121', '004999000288505'])(
    'makes the same code for %s, with and without an amount',
    (target) => {
      expect(fields(presentPromptPay({ target }))).toEqual(fields(generatePayload(target, {})));
      for (const value of amounts) {
        const ours = presentPromptPay({ target, amount: thb(value) });
        expect(fields(ours)).toEqual(fields(generatePayload(target, { amount: Number(bahtOf(thb(value))) })));
      }
    },
  );
});

describe('promptparse', () => {
  it('makes the same bills, and reads what we make', () => {
    for (const value of amounts) {
      const bill = { billerId: '099400016550100', ref1: 'AB12CD34EF56GH78', ref2: 'SHOP1', ref3: 'SIMAB12' };
      const ours = presentPromptPay({
        billerId: bill.billerId,
        reference1: bill.ref1,
        reference2: bill.ref2,
        reference3: bill.ref3,
        amount: thb(value),
      });
      const theirs = peer.billPayment({ ...bill, amount: Number(bahtOf(thb(value))) });

      expect(fields(ours)).toEqual(fields(theirs));
      expect(parsePromptPay(theirs)).toEqual(parsePromptPay(ours));
      expect(validate.billPayment(ours)).toMatchObject({ billerId: bill.billerId, ref1: bill.ref1, ref2: bill.ref2 });
    }
  });

  it('makes the same transfers', () => {
    const theirs = peer.anyId({ type: 'MSISDN', target: '0812345678', amount: 20.15 });

    expect(fields(presentPromptPay({ target: '0812345678', amount: thb(2015n) }))).toEqual(fields(theirs));
  });

  it.each(['|099400016550100\r123456789012\r670429\r364922', '|099400016550100\rA1\r\r0', '|099400016550100\rA1\r\r5'])(
    'reads the barcode %j as we do, and makes the same code of it',
    (text) => {
      const theirs = parseBarcode(text)!;
      const reading = parseBotBarcode(text);
      if (!reading.ok) throw new Error(reading.reason);
      const { billerId, reference1, reference2, amount } = reading.bill;

      expect({ billerId, ref1: reference1, ref2: reference2 ?? null }).toEqual({
        billerId: theirs.billerId,
        ref1: theirs.ref1,
        ref2: theirs.ref2 || null,
      });
      expect(amount ? bahtOf(amount) : null).toBe(theirs.amount ? theirs.amount.toFixed(2) : null);
      expect(fields(botBarcodeToQr(text))).toEqual(fields(theirs.toQrTag30()));
    },
  );

  it('makes the same code for a slip, and reads it as we do', () => {
    for (let n = 0; n < 200; n += 1) {
      const transRef = `20261122${String(n).padStart(12, '0')}`;
      const theirs = peer.slipVerify({ sendingBank: '014', transRef });
      const printed = theirs.replace(/0(...)$/, '$1'); // what a bank that drops a zero prints

      for (const text of [theirs, printed]) {
        expect(parseSlip(text)).toMatchObject({
          ok: true,
          slip: { sendingBank: '014', transactionReference: transRef, repaired: text !== theirs },
        });
        expect(validate.slipVerify(text)).toEqual({ sendingBank: '014', transRef });
      }
      expect(crc16(theirs.slice(0, -4))).toBe(theirs.slice(-4).toUpperCase());
    }
  });
});
