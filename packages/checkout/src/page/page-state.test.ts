import type { PayerView } from '@itpay/payment';
import { expect, it } from 'vitest';
import { isLive, pageStateOf, showsCode } from './page-state.js';

const now = new Date('2026-11-22T07:00:00.000Z');
const later = new Date(now.getTime() + 1);

it.each([
  // status          QR     expires   state         code   live
  ['pending', false, later, 'preparing', false, true],
  ['pending', false, now, 'checking', false, true],
  ['qr_generated', true, later, 'waiting', true, true],
  ['qr_generated', false, later, 'preparing', false, true],
  ['qr_generated', true, now, 'checking', false, true], // its time is over: nobody should pay it now
  ['scanning', true, later, 'scanned', true, true],
  ['scanning', true, now, 'checking', false, true],
  ['authorized', false, later, 'processing', false, true],
  ['captured', false, later, 'paid', false, false],
  ['succeeded', false, now, 'paid', false, false],
  ['succeeded', true, later, 'paid', false, false],
  ['expired', true, later, 'expired', false, false],
  ['cancelled', true, later, 'cancelled', false, false],
  ['failed', true, later, 'failed', false, false],
] as const)('%s with a QR: %s that expires %o is %s', (status, hasQr, expiresAt, state, code, live) => {
  const view = { status, expiresAt, qr: hasQr ? { chargeId: 'qr_1', svg: '<svg/>' } : null } as PayerView;

  const result = pageStateOf(view, now);

  expect([result, showsCode(result), isLive(result, view)]).toEqual([state, code, live]);
});
