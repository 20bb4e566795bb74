import { exponentOf, fieldAt, numericCodeOf, parseDecimal, readEmvco } from '@itpay/core';
import {
  INSTRUCTION_FIELDS,
  QR_STANDARDS,
  type AuthorizeRequest,
  type Channel,
  type PaymentInstruction,
} from '@itpay/kernel';
import { railUnit, sampleAmounts, sampleReferences, sampleRequest } from './channel-samples.js';
import { expect, vi } from '../vitest.js';

/** A rail whose code is made without a network. */
export type EncodingChannel = Channel & Required<Pick<Channel, 'encode'>>;

/** For these rails; the second argument is the same instance, made once more. Exported for the test of this suite. */
export const encodeCases = {
  'encodes without waiting for anything': (channel: EncodingChannel) => {
    const presentation = channel.encode(sampleRequest(channel));

    expect(presentation).toMatchObject({ kind: 'qr', qrData: expect.stringMatching(/./) });
    expect(QR_STANDARDS).toContain(presentation.qrStandard);
    expect(presentation).not.toHaveProperty('then');
  },

  'encodes the same request to the same text, whenever it is asked': (
    channel: EncodingChannel,
    again: EncodingChannel,
  ) => {
    try {
      vi.useFakeTimers({ toFake: ['Date'], now: new Date('2025-01-01T00:00:00Z') });
      const { qrData } = channel.encode(sampleRequest(channel));
      vi.setSystemTime(new Date('2025-06-02T03:04:05Z'));

      expect(channel.encode(sampleRequest(channel)).qrData).toBe(qrData);
      expect(again.encode(sampleRequest(again)).qrData).toBe(qrData);
    } finally {
      vi.useRealTimers();
    }
  },

  'leaves the request as it was': (channel: EncodingChannel) => {
    const { amount, ...rest } = sampleRequest(channel);
    const request: AuthorizeRequest = Object.freeze({ ...rest, amount: Object.freeze({ ...amount }) });

    channel.encode(request);

    expect(request).toEqual(sampleRequest(channel));
  },

  'gives different references different texts': (channel: EncodingChannel) => {
    const references = sampleReferences(channel);

    const texts = references.map((reference) => channel.encode(sampleRequest(channel, { reference })).qrData);

    expect(new Set(texts).size).toBe(new Set(references).size);
  },

  'gives different amounts different texts': (channel: EncodingChannel) => {
    for (const currency of channel.currencies) {
      const { smallest, usual, next } = sampleAmounts(channel, currency);
      const values = new Set([smallest, usual, next]);

      expect(new Set([...values].map((value) => encoded(channel, currency, value))).size).toBe(values.size);
    }
  },

  'takes references of full length and with every character of its alphabet': (channel: EncodingChannel) => {
    for (const reference of sampleReferences(channel)) {
      expect(() => channel.encode(sampleRequest(channel, { reference }))).not.toThrow();
    }
  },

  'encodes amounts exactly, up to its own limits': (channel: EncodingChannel) => {
    for (const currency of channel.currencies) {
      for (const value of Object.values<bigint>({ ...sampleAmounts(channel, currency) })) {
        const { qrStandard, qrData } = channel.encode(sampleRequest(channel, { amount: { currency, value } }));
        if (qrStandard !== 'emvco') {
          expect(parseDecimal(instruction(channel, qrData, 'amount'), exponentOf(currency))).toBe(value);
          continue;
        }
        const reading = readEmvco(qrData, { mode: 'strict' });

        expect(reading).toMatchObject({ ok: true });
        const fields = (reading.ok && reading.fields) || [];
        expect(fieldAt(fields, '53')).toBe(numericCodeOf(currency));
        expect(parseDecimal(fieldAt(fields, '54') ?? '', exponentOf(currency))).toBe(value);
      }
    }
  },

  'spells its code out for a payer who types, where it spells anything out': (channel: EncodingChannel) => {
    const request = sampleRequest(channel);
    const { qrData, qrStandard } = channel.encode(request);
    if (qrStandard === 'epc' || qrStandard === 'text') expect(channel.instructions).toBeDefined();
    if (channel.instructions === undefined) return;

    const { currency, value } = request.amount;
    const spelt = channel.instructions(qrData);
    for (const { field, value: text } of spelt) {
      expect(INSTRUCTION_FIELDS).toContain(field);
      expect(text.trim()).not.toBe('');
    }
    expect(new Set(spelt.map(({ field }) => field)).size).toBe(spelt.length);
    expect(parseDecimal(instruction(channel, qrData, 'amount'), exponentOf(currency))).toBe(value);
    const references = sampleReferences(channel).map((reference) => channel.encode({ ...request, reference }).qrData);
    const typed = new Set(references.map((text) => instruction(channel, text, 'reference')));
    expect(typed.size).toBe(new Set(sampleReferences(channel)).size);
    for (const text of ['', 'BCD', '000201', 'https://shop.example']) expect(channel.instructions(text)).toEqual([]);
  },

  'refuses an amount that the rail cannot express': (channel: EncodingChannel) => {
    // A rail that follows ISO 4217 can express every amount; only a coarser one has something to refuse.
    for (const currency of channel.currencies.filter((one) => railUnit(channel, one) > 1n)) {
      const tooFine = sampleAmounts(channel, currency).usual + 1n;

      expect(() => encoded(channel, currency, tooFine)).toThrow(
        expect.objectContaining({ code: 'AMOUNT_PRECISION_UNSUPPORTED' }),
      );
    }
  },
};

function instruction(channel: EncodingChannel, qrData: string, field: PaymentInstruction['field']): string {
  return channel.instructions?.(qrData).find((one) => one.field === field)?.value ?? '';
}

function encoded(channel: EncodingChannel, currency: string, value: bigint): string {
  return channel.encode(sampleRequest(channel, { amount: { currency, value } })).qrData;
}
