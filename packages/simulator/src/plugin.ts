import { Clock, definePlugin, Random, SimulatedRails } from '@itpay/kernel';
import { promptpayPayer } from './promptpay/payer.js';

/** The payers of test mode. They pay only codes that no real wallet can pay, so that test and live never touch. */
export function simulator() {
  return definePlugin({
    name: 'simulator',
    version: '1',
    register: (registry) =>
      registry.contribute(SimulatedRails, [Clock, Random], (clock, random) => [promptpayPayer({ clock, random })]),
  });
}
