import type { Telemetry } from '@itpay/kernel';
import { expect, it } from 'vitest';
import type { SendResult } from './send.js';
import { observedSender } from './telemetry.js';

it.each<[SendResult, object]>([
  [{ kind: 'answered', status: 204, latencyMs: 20, excerpt: '' }, { 'http.response.status_code': 204 }],
  [
    { kind: 'answered', status: 500, latencyMs: 20, excerpt: 'secret' },
    { 'http.response.status_code': 500, 'error.type': '500' },
  ],
  [{ kind: 'failed', error: 'dns', message: 'receiver.example', latencyMs: 20 }, { 'error.type': 'dns' }],
])('measures an attempt with its outcome and nothing of what was sent', async (result, outcome) => {
  const measured: unknown[] = [];
  const failures: string[] = [];
  const telemetry = {
    span: (_name: string, _options: object, work: (span: object) => unknown) =>
      work({ set: () => {}, fail: (type: string) => failures.push(type) }),
    duration: (...given: unknown[]) => measured.push(given),
  } as unknown as Telemetry;
  const sender = observedSender({ send: async () => result, close: async () => {} }, telemetry);

  expect(await sender.send({ url: 'https://receiver.example', headers: {}, body: 'secret' })).toBe(result);
  expect(measured).toEqual([['itpay.webhook.delivery.duration', 0.02, outcome]]);
  expect(failures).toEqual('error.type' in outcome ? [outcome['error.type']] : []);
});
