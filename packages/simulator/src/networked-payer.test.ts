import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { networkedPayer } from './networked-payer.js';
import { startScbSimulator, type ScbSimulator } from './scb/simulator.js';

describe('the payer at a simulator', () => {
  let bank: ScbSimulator;
  beforeEach(async () => {
    bank = await startScbSimulator();
  });
  afterEach(() => bank.close());

  // Somebody who types biller and reference by hand: at SCB that needs no code.
  const byHand = { action: 'pay', reference: 'ORDER1', amount: { currency: 'THB', value: 12_900n } } as const;
  const payments = async () => (await bank.control.books()).payments;

  it('pays as much, as often, and when it is told', async () => {
    const payer = networkedPayer('promptpay', `${bank.url}/`);

    await payer.play({ ...byHand, times: 2, paidAt: new Date('2026-03-01T00:00:00Z') });

    const payment = expect.objectContaining({ ref1: 'ORDER1', satang: '12900', paidAt: '2026-03-01T00:00:00.000Z' });
    expect(payer.channel).toBe('promptpay');
    expect(await payments()).toEqual([payment, payment]);
  });

  it('does under one key one thing', async () => {
    const payer = networkedPayer('promptpay', bank.url);

    await Promise.all([payer.play({ ...byHand, key: 'k1' }), payer.play({ ...byHand, key: 'k1' })]);
    expect(await payments()).toHaveLength(1);

    await payer.play({ ...byHand, key: 'k2' });
    await payer.play(byHand);
    await payer.play(byHand);
    expect(await payments()).toHaveLength(4);
  });

  it('tries again under a key what was refused', async () => {
    const payer = networkedPayer('promptpay', bank.url);
    const scanned = { action: 'pay', reference: 'ORDER1', key: 'k1' } as const;

    await expect(payer.play(scanned)).rejects.toMatchObject({
      code: 'PARAMETER_INVALID',
      param: 'event',
      message: expect.stringContaining('SCB has made no code "ORDER1"'),
    });
    await payer.play({ ...scanned, amount: byHand.amount });

    expect(await payments()).toHaveLength(1);
  });

  it('says where the simulator should be when nobody is there', async () => {
    await bank.close();

    await expect(networkedPayer('promptpay', bank.url).play(byHand)).rejects.toMatchObject({
      code: 'CHANNEL_UNAVAILABLE',
      message: `The simulator of "promptpay" does not answer at ${bank.url}. Start it, or correct simulators.promptpay.`,
    });
  });

  it('takes nobody else for a simulator', async () => {
    const somebody = createServer((_request, response) => response.writeHead(404).end('{}')).listen(0, '127.0.0.1');
    await once(somebody, 'listening');
    const url = `http://127.0.0.1:${(somebody.address() as AddressInfo).port}`;

    await expect(networkedPayer('promptpay', url).play(byHand)).rejects.toMatchObject({ code: 'CHANNEL_UNAVAILABLE' });

    somebody.close();
  });
});
