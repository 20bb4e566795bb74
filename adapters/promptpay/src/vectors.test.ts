import { crc16, fieldAt, parseDecimal, readEmvco, type TlvField } from '@itpay/core';
import { expect, it } from 'vitest';
import { describeNeeding, vectorsNeed } from '../../../test/support/needs.js';
import { loadVectors, type Vector } from '../../../test/support/vectors.js';
import { botBarcodeToQr, parseBotBarcode } from './bot-barcode.js';
import { bahtOf, formatTarget } from './mapping.js';
import { parsePromptPay } from './parse.js';
import { presentPromptPay } from './payload.js';
import { parseSlip } from './slip.js';

const checks: Record<string, (vector: Vector) => void> = {
  'format-target': ({ input, expect: expected }) => {
    expect(formatTarget(input.target)).toBe(expected.formatted);
  },

  'format-amount': ({ input, expect: expected }) => {
    const format = () => bahtOf(baht(input.decimal)!);

    // Where upstream cuts decimals off, the vector also allows a refusal; cutting would change the amount.
    if (expected.alternative === 'reject: more than two decimals') {
      expect(format).toThrow(expect.objectContaining({ code: 'AMOUNT_PRECISION_UNSUPPORTED' }));
    } else {
      expect(format()).toBe(expected.formatted);
    }
  },

  generate: ({ input, expect: expected }) => {
    const { billerId, ref1, ref2, ref3, target } = input;
    const amount = baht(input.amount);

    const payload = billerId
      ? presentPromptPay({ billerId, reference1: ref1, reference2: ref2, reference3: ref3, amount })
      : presentPromptPay({ target, amount });

    expect(payload.slice(-4)).toBe(crc16(payload.slice(0, -4)));
    expect(leaves(payload)).toEqual(leaves(expected.payload));
    expect(decoded(payload)).toEqual(expected.fields);
  },

  parse: ({ input, expect: expected }) => {
    const reading = parsePromptPay(input.payload);

    if (expected.crcValid) expect(decoded(input.payload)).toEqual(expected.fields);
    else expect(reading).toEqual({ ok: false, reason: 'The checksum is wrong.' });
  },

  'slip-verify': ({ input, expect: expected }) => {
    const reading = parseSlip(input.payload);

    expect(expected).toMatchObject({ crcValid: true, country: 'TH' });
    expect(reading).toEqual({
      ok: true,
      slip: {
        sendingBank: expected.sendingBank,
        transactionReference: expected.transRef,
        repaired: expected.repaired ?? false,
        payload: expected.paddedPayload ?? input.payload,
      },
    });
  },

  'bot-barcode-parse': ({ input, expect: expected }) => {
    const reading = parseBotBarcode(input.barcode);

    if (expected.error) return expect(reading).toMatchObject({ ok: false });
    const { billerId, ref1: reference1, ref2: reference2, amount } = expected;
    expect(reading).toEqual({ ok: true, bill: { billerId, reference1, reference2, amount: baht(amount) } });
    expect(decoded(botBarcodeToQr(input.barcode))).toMatchObject(expected);
  },
};

describeNeeding(vectorsNeed, 'published PromptPay vectors', () => {
  for (const vector of loadVectors('promptpay')?.vectors ?? []) {
    it(`${vector.kind} ${vector.id}`, () => checks[vector.kind]!(vector));
  }
});

function baht(decimal: string | undefined) {
  return decimal === undefined ? undefined : { currency: 'THB', value: parseDecimal(decimal, 2) };
}

/** Every field by its path, whatever the order; without the checksum, which depends on the order. */
function leaves(payload: string): Record<string, string> {
  const reading = readEmvco(payload, { mode: 'strict' });
  const flat = (fields: readonly TlvField[], path: string): [string, string][] =>
    fields.flatMap(({ tag, value, children }) =>
      children ? flat(children, `${path}${tag}.`) : [[path + tag, value] as [string, string]],
    );
  const { 63: _, ...rest } = Object.fromEntries(flat(reading.ok ? reading.fields : [], ''));
  return rest;
}

const PROXY_NAMES = { mobile: 'mobile', national_or_tax_id: 'nationalOrTaxId', e_wallet: 'eWallet' };

/** What our parser finds, in the words of the vector file. */
function decoded(payload: string): unknown {
  const reading = parsePromptPay(payload);
  const root = readEmvco(payload, { mode: 'tolerant' });
  if (!reading.ok || !root.ok) return reading;

  const { code } = reading;
  const payee =
    code.kind === 'credit_transfer'
      ? { proxyType: PROXY_NAMES[code.proxy.type], proxyValue: code.proxy.value }
      : { billerId: code.billerId, ref1: code.reference1, ref2: code.reference2, ref3: code.reference3 };
  const fields = {
    static: code.static,
    aid: code.aid,
    ...payee,
    currency: fieldAt(root.fields, '53'),
    country: fieldAt(root.fields, '58'),
    amount: code.amount && bahtOf(code.amount),
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
}
