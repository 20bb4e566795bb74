import type { testPay } from '../support/pay.js';

/** A key of the test mode for the people who run the installation. */
export async function operatorKey({ pay }: Awaited<ReturnType<typeof testPay>>, livemode = false): Promise<string> {
  const { token } = await pay.keys.create({ account: pay.account.id, livemode, label: 'operator', preset: 'operator' });
  return token;
}
