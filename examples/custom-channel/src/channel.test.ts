import { crc16 } from '@itpay/core';
import { channelContract } from '@itpay/testkit';
import { describe, expect, it } from 'vitest';
import { pix } from './channel.js';

const shop = { key: '123e4567-e12b-12d1-a456-426655440000', name: 'Fulano de Tal', city: 'BRASILIA' };

channelContract(() => pix(shop));

const request = {
  reference: 'A1B2C3D4E5F6G7H8J9K0M1N2P',
  amount: { currency: 'BRL', value: 1990n },
  description: null,
  expiresAt: new Date('2025-01-01T00:15:00Z'),
};

describe('pix()', () => {
  it("writes the manual's example, with an amount and an order number", () => {
    const example =
      '00020126580014br.gov.bcb.pix0136123e4567-e12b-12d1-a456-4266554400005204000053039865802BR' +
      '5913Fulano de Tal6008BRASILIA62070503***63041D3D';
    expect(example.slice(-4)).toBe(crc16(example.slice(0, -4)));
    const ours = example
      .slice(0, -4)
      .replace('5802BR', '540519.905802BR')
      .replace('62070503***', `62290525${request.reference}`);

    const [live] = pix(shop).channels;

    expect(live!.encode!(request).qrData).toBe(ours + crc16(ours));
  });

  it('shows a payee whom nobody can pay in test mode', () => {
    const [live, test] = pix(shop).channels;

    expect(live).toMatchObject({ mode: 'live', merchantAccount: shop.key });
    expect(test).toMatchObject({ mode: 'test', simulated: true });
    expect(test!.encode!(request).qrData).toContain('013600000000-0000-0000-0000-000000000000');
  });

  it('writes no code for another currency', () => {
    const [live] = pix(shop).channels;

    expect(() => live!.encode!({ ...request, amount: { currency: 'USD', value: 1n } })).toThrow(
      expect.objectContaining({ code: 'CURRENCY_NOT_SUPPORTED' }),
    );
  });
});
