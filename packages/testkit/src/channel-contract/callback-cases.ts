import { isItPayError } from '@itpay/core';
import type { ChannelNotice, RawCallback } from '@itpay/kernel';
import { expect } from '../vitest.js';
import type { CallbackChange } from './contract-rail.js';
import type { NetworkCase } from './order-cases.js';
import { heldOrder, openOrder, paidOrder, refundOf, type Rig } from './rig.js';

/** What is in a notification, and what must never pass for one. Exported for the test of this suite. */
export const callbackCases = {
  'reads a good notification of a payment, with every field': [
    ['callback'],
    async (rig) => {
      const { order, credit } = await paidOrder(rig);

      const notices = await read(rig, await rig.rail.lastCallback(order.reference));

      expect(notices).toEqual([
        {
          eventId: expect.stringMatching(/./),
          kind: 'payment',
          merchantAccount: rig.channel.merchantAccount,
          reference: order.reference,
          credit,
        },
      ]);
    },
  ],

  'reads a notification of a hold': [
    ['callback', 'manual_capture'],
    async (rig) => {
      const order = await heldOrder(rig);

      const [notice] = await read(rig, await rig.rail.lastCallback(order.reference));

      expect(notice).toMatchObject({
        kind: 'authorized',
        reference: order.reference,
        credit: { amount: order.amount },
      });
    },
  ],

  'reads a notification of a scan': [
    ['callback', 'scan_notification'],
    async (rig) => {
      const order = await openOrder(rig);
      await rig.rail.scan(order.reference);

      const [notice] = await read(rig, await rig.rail.lastCallback(order.reference));

      expect(notice).toMatchObject({ kind: 'scanned', reference: order.reference });
      expect(notice).not.toHaveProperty('credit');
    },
  ],

  'reads a notification of a refund as a refund, and never as a payment': [
    ['callback', 'refund'],
    async (rig) => {
      const { order, credit } = await paidOrder(rig);
      const request = refundOf(rig, order, credit);
      await rig.refund(request);

      const [notice] = await read(rig, await rig.rail.lastCallback(request.refundReference));

      expect(notice).toMatchObject({
        kind: 'refund',
        reference: request.refundReference,
        refund: { status: 'succeeded', amount: request.amount },
      });
      expect(notice).not.toHaveProperty('credit');
    },
  ],

  'has an answer for "understood", and another for each way of saying no': [
    ['callback'],
    async (rig) => {
      const { acknowledge } = await rig.channel.verifyCallback!(await goodCallback(rig));

      expect(acknowledge.status).toBeGreaterThanOrEqual(200);
      expect(acknowledge.status).toBeLessThan(300);
      for (const reason of ['signature', 'mismatch', 'failure'] as const) {
        const rejection = rig.channel.rejectCallback?.(reason) ?? { status: 500, body: '' };
        const alike = rejection.status === acknowledge.status && rejection.body === acknowledge.body;
        expect(alike, `"${reason}" would be taken for "understood"`).toBe(false);
      }
    },
  ],

  'reads a repeated notification as the same event': [
    ['callback'],
    async (rig) => {
      const callback = await goodCallback(rig);

      expect(await read(rig, callback)).toEqual(await read(rig, callback));
    },
  ],

  'gives two payments two events': [
    ['callback'],
    async (rig) => {
      const [one] = await read(rig, await goodCallback(rig));
      const [other] = await read(rig, await goodCallback(rig));

      expect(one?.eventId).not.toBe(other?.eventId);
    },
  ],

  'refuses the signature of somebody else': [['callback'], (rig) => refusesRewritten(rig, { byStranger: true })],

  'refuses a notification that was signed an hour ago, or will be in an hour': [
    ['callback'],
    async (rig) => {
      for (const hours of [-1, 1]) {
        await refusesRewritten(rig, { signedAt: new Date(Date.now() + hours * 3_600_000) });
      }
    },
  ],

  'refuses a body in which a single byte was changed, added or left out': [
    ['callback'],
    async (rig) => {
      const callback = await goodCallback(rig);
      const { rawBody } = callback;

      for (let at = 0; at < rawBody.length; at += 1) {
        const changed = Uint8Array.from(rawBody);
        changed[at]! ^= 1;
        await expectForged(rig, { ...callback, rawBody: changed }, `byte ${at}`);
      }
      await expectForged(rig, { ...callback, rawBody: rawBody.slice(0, -1) }, 'without its last byte');
      await expectForged(rig, { ...callback, rawBody: Buffer.concat([rawBody, Buffer.from(' ')]) }, 'with a space');
    },
  ],

  'refuses an empty body, and content of another kind': [
    ['callback'],
    async (rig) => {
      const callback = await goodCallback(rig);

      for (const body of ['', ' ', '{}', '[]', 'null', '<xml/>', 'a=b', '\uFEFF']) {
        await expectForged(rig, { ...callback, rawBody: Buffer.from(body) }, JSON.stringify(body));
      }
      for (const content of ['', '{}', '[]', 'null', '0', '"text"', '{"']) {
        await expectRefused(rig, await rig.rail.rewriteCallback(callback, { content }), `signed ${content}`);
      }
    },
  ],

  'does not mind about headers that prove nothing, and refuses without those that do': [
    ['callback'],
    async (rig) => {
      const callback = await goodCallback(rig);
      const notices = await read(rig, callback);

      for (const name of Object.keys(callback.headers)) {
        const { [name]: value = '', ...others } = callback.headers;
        for (const headers of [others, { ...others, [name]: '' }, { ...others, [name]: `${value}0` }]) {
          await expectRefusedOr(rig, { ...callback, headers }, name, (read_) => expect(read_).toEqual(notices));
        }
      }
      await expectForgedUnlessSignedInBody(rig, callback);
    },
  ],

  'refuses a notification that lacks a field, however well it is signed': [
    ['callback'],
    async (rig) => {
      const callback = await goodCallback(rig);

      for (const field of Object.keys(rig.rail.callbackFields)) {
        for (const value of [undefined, null, '']) {
          const rewritten = await rig.rail.rewriteCallback(callback, { fields: { [field]: value } });
          await expectRefused(rig, rewritten, `${field}: ${JSON.stringify(value)}`);
        }
      }
    },
  ],

  'refuses or truly reports a field with another value, such as another merchant': [
    ['callback'],
    async (rig) => {
      const callback = await goodCallback(rig);
      const notices = await read(rig, callback);

      for (const [field, other] of Object.entries(rig.rail.callbackFields)) {
        for (const value of [other, 'nonsense', -1, {}]) {
          const rewritten = await rig.rail.rewriteCallback(callback, { fields: { [field]: value } });
          const what = `${field}: ${JSON.stringify(value)}`;
          await expectRefusedOr(rig, rewritten, what, (changed) => {
            expect(changed, `the notices hide the change of ${what}`).not.toEqual(notices);
          });
        }
      }
    },
  ],
} satisfies Record<string, NetworkCase>;

async function goodCallback(rig: Rig): Promise<RawCallback> {
  const { order } = await paidOrder(rig);
  return rig.rail.lastCallback(order.reference);
}

async function read({ channel }: Rig, callback: RawCallback): Promise<readonly ChannelNotice[]> {
  const { notices } = await channel.verifyCallback!(callback);
  return notices;
}

async function refusesRewritten(rig: Rig, change: CallbackChange): Promise<void> {
  const callback = await goodCallback(rig);
  // Rewriting alone changes nothing: otherwise a refusal would prove nothing either.
  expect(await read(rig, await rig.rail.rewriteCallback(callback, {}))).toEqual(await read(rig, callback));

  await expectForged(rig, await rig.rail.rewriteCallback(callback, change), 'rewritten');
}

/** What is not proven to come from the rail has its own error, which the framework tells the operator of. */
async function expectForged(rig: Rig, callback: RawCallback, what: string): Promise<void> {
  const error = await expectRefused(rig, callback, what);
  expect(isItPayError(error) && error.code, what).toBe('CHANNEL_SIGNATURE_INVALID');
}

async function expectRefused(rig: Rig, callback: RawCallback, what: string): Promise<unknown> {
  return expectRefusedOr(rig, callback, what, () => expect.fail(`It passes for a notification: ${what}.`));
}

async function expectRefusedOr(
  rig: Rig,
  callback: RawCallback,
  what: string,
  accepted: (notices: readonly ChannelNotice[]) => void,
): Promise<unknown> {
  const result = await rig.channel.verifyCallback!(callback).then(
    ({ notices }) => ({ notices }),
    (error: unknown) => ({ error }),
  );
  if ('error' in result) {
    expect(isItPayError(result.error), `${what}: refused with an ItPayError`).toBe(true);
    return result.error;
  }
  accepted(result.notices);
  return undefined;
}

// A rail that signs within the body (Alipay) loses nothing with its headers.
async function expectForgedUnlessSignedInBody(rig: Rig, callback: RawCallback): Promise<void> {
  const signedInHeaders = Object.keys(callback.headers).some((name) => /sign|hmac|digest/i.test(name));
  if (signedInHeaders) await expectForged(rig, { ...callback, headers: {} }, 'without headers');
}
