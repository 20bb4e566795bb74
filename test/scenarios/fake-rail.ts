import { defineChannel, type Channel, type ChannelPlugin } from '@itpay/kernel';

/** A rail in both modes that takes baht and yen, and that nobody simulates. `testFacts` hold for its test mode only. */
export function fakeRail(facts: Partial<Channel> = {}, testFacts: Partial<Channel> = {}): ChannelPlugin {
  const channel: Omit<Channel, 'mode'> = {
    id: 'fake',
    displayName: 'Fake rail',
    merchantAccount: 'shop-1',
    countries: ['TH'],
    currencies: ['THB', 'JPY'],
    capabilities: ['qr_dynamic'],
    reference: { maxLength: 16, alphabet: '0123456789ABCDEFGHJKMNPQRSTVWXYZ' },
    encode: ({ reference, amount }) => ({
      kind: 'qr',
      qrStandard: 'emvco',
      qrData: `fake|${reference}|${amount.currency}|${amount.value}`,
    }),
    ...facts,
  };
  return defineChannel({ ...channel, mode: 'live' }, { ...channel, ...testFacts, mode: 'test' });
}
