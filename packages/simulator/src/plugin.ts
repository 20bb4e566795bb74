import { Clock, definePlugin, Random, SimulatedRails } from '@itpay/kernel';
import { bankTransferPayers } from './bank-transfer/payer.js';
import { networkedPayer } from './networked-payer.js';
import { promptpayPayer } from './promptpay/payer.js';

export interface SimulatorOptions {
  /** Where the simulators of networked rails listen, by the name of the channel: `{ wechat: 'http://127.0.0.1:4010' }`. */
  readonly rails?: Readonly<Record<string, string>>;
}

/** The payers of test mode. They pay only codes that no real wallet can pay, so that test and live never touch. */
export function simulator({ rails = {} }: SimulatorOptions = {}) {
  return definePlugin({
    name: 'simulator',
    version: '1',
    register: (registry) =>
      registry.contribute(SimulatedRails, [Clock, Random], (clock, random) => [
        promptpayPayer({ clock, random }),
        ...bankTransferPayers({ clock, random }),
        ...Object.entries(rails).map(([channel, url]) => networkedPayer(channel, url)),
      ]),
  });
}
