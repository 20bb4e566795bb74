import { fieldAt, parseDecimal, readEmvco, type TlvField } from '@itpay/core';
import { expect, it } from 'vitest';
import { describeNeeding, vectorsNeed } from '../../../test/support/needs.js';
import { loadVectors, type Vector } from '../../../test/support/vectors.js';
import { parseDuitNow } from './codes/duitnow.js';
import { parseEpc, presentEpc } from './codes/epc.js';
import { parsePayNow, presentPayNow } from './codes/paynow.js';
import { parseVietQr, presentVietQr } from './codes/vietqr.js';
import { readIban } from './iban.js';
import { findRf, readRf, writeRf } from './references/rf.js';

const checks: Record<string, (vector: Vector) => void> = {
  'rf-generate': ({ input, expect: expected }) => {
    expect(writeRf(input.reference)).toBe(expected.rf);
  },

  'rf-validate': ({ input, expect: expected }) => {
    expect(readRf(input.rf)).toBe(expected.valid ? (expected.compact ?? input.rf) : null);
  },

  'extract-reference': ({ input, expect: expected }) => {
    const found = (input.known as string[]).filter((known) => findRf(input.text, known.length - 4).includes(known));

    expect(found).toEqual(expected.matches);
  },

  'iban-validate': ({ input, expect: expected }) => {
    expect(readIban(input.iban)).toBe(expected.valid ? expected.compact : null);
  },

  'epc-generate': ({ input, expect: expected }) => {
    const { version, characterSet, bic, name, iban, purpose, remittance } = input;
    const amount = { currency: 'EUR', value: parseDecimal(input.amount, 2) };
    const present = () => presentEpc({ name, iban, bic, amount, purpose, text: remittance }, { version, characterSet });

    if (!expected.error) expect(present()).toBe(expected.payload.replace(/\n+$/, ''));
    else if (expected.field === 'amount')
      expect(present).toThrow(expect.objectContaining({ code: expect.stringMatching(/^AMOUNT_/) }));
    else expect(present).toThrow(expect.objectContaining({ code: 'PARAMETER_INVALID', param: expected.field }));
  },

  'epc-parse': ({ input, expect: expected }) => {
    const { version, name, iban, amount, remittance } = expected.fields;
    const code = {
      version,
      name,
      iban,
      characterSet: expected.characterSet,
      amount: { currency: 'EUR', value: parseDecimal(amount, 2) },
      text: remittance,
    };
    const bytes = Buffer.from(input.bytesBase64, 'base64');

    for (const payload of [input.payload, bytes]) {
      for (const mode of ['strict', 'tolerant'] as const) {
        expect(parseEpc(payload, { mode })).toEqual({ ok: true, code: expect.objectContaining(code) });
      }
    }
    expect(bytes.length).toBe(expected.byteLength);
  },

  'vietqr-generate': ({ input, expect: expected }) => {
    const { bankBin, account, amount, purpose } = input;

    const payload = presentVietQr({
      bank: bankBin,
      account,
      amount: { currency: 'VND', value: parseDecimal(amount, 0) },
      purpose,
    });

    expect(payload).toBe(expected.payload);
    expect(vietQr(payload)).toEqual(expected.fields);
  },

  'vietqr-parse': ({ input, expect: expected }) => {
    if (expected.crcValid) expect(vietQr(input.payload)).toEqual(expected.fields);
    else expect(parseVietQr(input.payload)).toEqual({ ok: false, reason: 'The checksum is wrong.' });
  },

  'paynow-generate': ({ input, expect: expected }) => {
    const { mobile, amount, editable, expiry, merchantName, merchantCity, billNumber } = input;

    const payload = presentPayNow({
      proxy: { type: 'mobile', value: mobile },
      amount: { currency: 'SGD', value: parseDecimal(amount, 2) },
      editable,
      expiry,
      name: merchantName,
      city: merchantCity,
      bill: billNumber,
    });

    expect(payload).toBe(expected.payload);
    expect(payNow(payload)).toEqual(expected.fields);
  },

  'paynow-parse': ({ input, expect: expected }) => {
    expect(payNow(input.payload)).toEqual(expected.fields);
  },

  'duitnow-parse': ({ input, expect: expected }) => {
    expect(duitNow(input.payload)).toEqual(expected.fields);
  },
};

const elsewhere = new Set(['statement-camt', 'statement-mt940', 'reconcile']);
const excused: Record<string, string> = {
  'thai-id-validate': 'no Thai id is part of a bank transfer; @itpay/channel-promptpay checks those of its payees',
};

describeNeeding(vectorsNeed, 'published vectors of references and codes', () => {
  for (const vector of loadVectors('bank-transfer')?.vectors ?? []) {
    // The readers of statements run these beside their own code.
    if (elsewhere.has(vector.kind)) continue;
    const reason = excused[vector.kind];
    if (reason !== undefined) it.skip(`${vector.kind} ${vector.id} [excused: ${reason}]`);
    else it(`${vector.kind} ${vector.id}`, () => checks[vector.kind]!(vector));
  }
});

// What our parsers find, in the words of the vector file. Amounts are compared as they are printed.

function vietQr(payload: string): unknown {
  const reading = parseVietQr(payload);
  if (!reading.ok) return reading;
  const { bank, account, to } = reading.code;
  return common(payload, '38', reading.code.static, {
    bankBin: bank,
    account,
    service: to === 'card' ? 'QRIBFTTC' : 'QRIBFTTA',
    additional: additional(payload),
  });
}

function payNow(payload: string): unknown {
  const reading = parsePayNow(payload);
  if (!reading.ok) return reading;
  const { proxy, editable, expiry, bill, name } = reading.code;
  return common(payload, '26', reading.code.static, {
    proxyType: proxy.type,
    proxyValue: proxy.value,
    editable,
    merchantName: name,
    expiry,
    billNumber: bill,
  });
}

function duitNow(payload: string): unknown {
  const reading = parseDuitNow(payload);
  if (!reading.ok) return reading;
  const { acquirer, account, name, city } = reading.code;
  const { static: _, ...fields } = common(payload, '26', true, {
    payloadFormat: at(payload, '00'),
    acquirer,
    account,
    merchantName: name,
    merchantCity: city,
    additional: additional(payload),
  });
  const { merchantCity: __, ...rest } = fields;
  return rest;
}

function common(payload: string, account: string, isStatic: boolean, more: object): Record<string, unknown> {
  const fields = {
    static: isStatic,
    guid: at(payload, `${account}.00`),
    currency: at(payload, '53'),
    country: at(payload, '58'),
    amount: at(payload, '54'),
    ...more,
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== null));
}

function additional(payload: string): Record<string, string> | undefined {
  const children = fieldsOf(payload).find(({ tag }) => tag === '62')?.children;
  return children && Object.fromEntries(children.map(({ tag, value }) => [tag, value]));
}

function at(payload: string, path: string): string | undefined {
  return fieldAt(fieldsOf(payload), path);
}

function fieldsOf(payload: string): readonly TlvField[] {
  const reading = readEmvco(payload, { mode: 'tolerant' });
  return reading.ok ? reading.fields : [];
}
