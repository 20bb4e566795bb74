import { expect, it } from 'vitest';
import { MAX_BODY_BYTES, renderEvent } from './render.js';

const plain = { apiVersion: '2026-11-22', encryption: null };
const row = (object: object) => ({
  id: 'evt_1',
  account: 'm_1',
  livemode: false,
  type: 'refund.created',
  sequence: 3,
  at: new Date('2026-01-02T03:04:05.678Z'),
  data: JSON.stringify({ object, previous_attributes: { status: 'x'.repeat(10) } }),
});
const refund = (note: string) => ({ id: 'ref_1', object: 'refund', note });

it('writes the envelope', () => {
  expect(JSON.parse(renderEvent(row(refund('')), plain))).toEqual({
    id: 'evt_1',
    type: 'refund.created',
    timestamp: '2026-01-02T03:04:05.678Z',
    api_version: '2026-11-22',
    livemode: false,
    account: 'm_1',
    sequence: 3,
    data: { object: refund(''), previous_attributes: { status: 'xxxxxxxxxx' } },
  });
});

it('cuts an object from the byte on with which the body would be too large', () => {
  const rest = Buffer.byteLength(renderEvent(row(refund('')), plain));
  const fits = renderEvent(row(refund('é'.repeat((MAX_BODY_BYTES - 2 - rest) / 2))), plain);
  const large = renderEvent(row(refund('é'.repeat((MAX_BODY_BYTES - rest) / 2 + 1))), plain);

  expect(Buffer.byteLength(fits)).toBeLessThan(MAX_BODY_BYTES);
  expect(JSON.parse(fits).data.object.note).toMatch(/^é+$/);
  expect(JSON.parse(large).data).toEqual({ object: { id: 'ref_1', object: 'refund', truncated: true } });
});

it('speaks the version of the endpoint', () => {
  const older = JSON.parse(renderEvent(row(refund('')), { ...plain, apiVersion: '2026-09-01' }));

  expect(older.api_version).toBe('2026-09-01');
});
