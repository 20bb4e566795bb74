import type { Capability } from '@itpay/kernel';
import { afterAll } from 'vitest';
import { channelContract } from '../channel-contract/channel-contract.js';
import { createFakeRailServer } from '../fake-rail/start.js';
import { fakeChannel } from './channel.js';
import { fakeContractRail } from './contract-rail.js';

const rail = await createFakeRailServer();
afterAll(() => rail.stop());
const { url, secret } = rail;
const network = { rail: fakeContractRail(rail) };

channelContract(() => fakeChannel({ url, secret, mode: 'test' }, { url, secret, mode: 'live' }), { network });

const subsets: Capability[][] = [
  ['qr_dynamic', 'callback', 'close_order', 'not_found_is_final'],
  ['qr_dynamic', 'refund', 'amount_locked'],
  ['qr_dynamic', 'statement'],
];
for (const [n, capabilities] of subsets.entries()) {
  const options = { url, secret, mode: 'test', capabilities, id: `fake${n}`, currencies: ['CNY'] } as const;
  channelContract(() => fakeChannel({ ...options, limits: { CNY: { min: 10n, max: 5_000n } } }), { network });
}
