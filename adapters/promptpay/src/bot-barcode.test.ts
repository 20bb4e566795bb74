import { describe, expect, it } from 'vitest';
import { botBarcodeToQr, parseBotBarcode } from './bot-barcode.js';
import { parsePromptPay } from './parse.js';

const bill = (...fields: string[]) => `|${fields.join('\r')}`;

describe('the barcode of a Thai bill', () => {
  it.each([
    [
      'all fields',
      bill('099400016550100', '123456789012', '670429', '364922'),
      { billerId: '099400016550100', reference1: '123456789012', reference2: '670429', amount: 364922n },
    ],
    [
      'no second reference',
      bill('099400016550100', 'A1', '', '100'),
      { billerId: '099400016550100', reference1: 'A1', amount: 100n },
    ],
    ['an open amount', bill('099400016550100', 'A1', '', '0'), { billerId: '099400016550100', reference1: 'A1' }],
    ['the line end of a scanner', `${bill('099400016550100', 'A1', '', '0')}\r\n`, { reference1: 'A1' }],
  ])('is read with %s', (_, text, expected) => {
    const { amount, ...fields } = expected as { amount?: bigint };

    expect(parseBotBarcode(text)).toMatchObject({ ok: true, bill: fields });
    expect(parseBotBarcode(text)).toMatchObject({
      bill:
        amount === undefined
          ? expect.not.objectContaining({ amount: expect.anything() })
          : { amount: { value: amount } },
    });
  });

  it.each([
    ['no text', '', 'does not begin with "|"'],
    ['no bar', '099400016550100\rA1\r\r0', 'does not begin with "|"'],
    ['a missing field', bill('099400016550100', 'A1', '670429'), 'has 3 of 4 fields'],
    ['a field too many', bill('099400016550100', 'A1', '', '0', '1'), 'has 5 of 4 fields'],
    ['a short biller', bill('09940001655010', 'A1', '', '0'), 'biller id'],
    ['no reference', bill('099400016550100', '', '', '0'), 'Reference 1'],
    ['a small letter', bill('099400016550100', 'a1', '', '0'), 'Reference 1'],
    ['a long second reference', bill('099400016550100', 'A1', 'B'.repeat(21), '0'), 'Reference 2'],
    ['a point in the amount', bill('099400016550100', 'A1', '', '1.00'), 'number of satang'],
    ['a negative amount', bill('099400016550100', 'A1', '', '-1'), 'number of satang'],
    ['no amount', bill('099400016550100', 'A1', '', ''), 'number of satang'],
    ['other line ends', '|099400016550100\nA1\n\n0', 'has 1 of 4 fields'],
    ['endless text', `|${'1'.repeat(1000)}`, 'over 80 characters'],
  ])('is refused with %s', (_, text, reason) => {
    expect(parseBotBarcode(text)).toEqual({ ok: false, reason: expect.stringContaining(reason) });
  });
});

describe('the QR code for a bill', () => {
  it('asks for the same as the barcode', () => {
    const reading = parsePromptPay(botBarcodeToQr(bill('099400016550100', '123456789012', '670429', '364922')));

    expect(reading).toMatchObject({
      ok: true,
      code: {
        kind: 'bill_payment',
        billerId: '099400016550100',
        reference1: '123456789012',
        reference2: '670429',
        amount: { currency: 'THB', value: 364922n },
        static: false,
      },
    });
  });

  it('leaves an open amount to the payer', () => {
    expect(parsePromptPay(botBarcodeToQr(bill('099400016550100', 'A1', '', '000')))).toMatchObject({
      code: { amount: null, static: true },
    });
  });

  it('is not made of something else', () => {
    expect(() => botBarcodeToQr('hello')).toThrow(
      expect.objectContaining({ code: 'PARAMETER_INVALID', param: 'barcode' }),
    );
  });
});
