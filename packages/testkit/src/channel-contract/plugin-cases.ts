import { channelInstanceKey, type Channel } from '@itpay/kernel';
import { sampleRequest } from './channel-samples.js';
import { expect } from '../vitest.js';

/** One for the plugin as a whole. Exported for the test of this suite. */
export const pluginCases = {
  'brings at most one instance for each mode, all of one rail': (channels: readonly Channel[]) => {
    expect(new Set(channels.map(({ mode }) => mode)).size).toBe(channels.length);
    expect(new Set(channels.map(({ id }) => id)).size).toBe(1);
    expect(new Set(channels.map(channelInstanceKey)).size).toBe(channels.length);
  },

  'brings an instance for test mode': (channels: readonly Channel[]) => {
    expect(channels.map(({ mode }) => mode)).toContain('test');
  },

  'never shows the same code in live and in test mode': (channels: readonly Channel[]) => {
    const live = channels.filter(({ mode }) => mode === 'live');
    const test = channels.filter(({ mode }) => mode === 'test');

    for (const one of live) {
      for (const other of test) {
        const request = sampleRequest(one);
        if (!other.encode || !one.encode || !other.currencies.includes(request.amount.currency)) continue;
        expect(other.encode(request).qrData).not.toBe(one.encode(request).qrData);
      }
    }
  },
};
