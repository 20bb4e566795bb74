import { randomUUID } from 'node:crypto';
import { promptpay, scb } from '@itpay/channel-promptpay';
import { ItPayError, type ItPayOptions } from 'itpay';

type Plugin = ItPayOptions['plugins'][number];

/** A rail of the example, ready to be mounted. */
export interface MountedRail {
  readonly name: string;
  /** The channel that payments name. */
  readonly channel: string;
  /** What it takes. */
  readonly currency: string;
  readonly plugin: Plugin;
  /** Where its simulator listens. Left out: its payer is a part of ItPay, and needs no server. */
  readonly url?: string;
}

/** What a rail needs to know of the shop. */
interface Shop {
  readonly publicUrl: string;
  readonly promptpayId: string | undefined;
}

// Adapters and simulators are loaded by those who name them: a start without them stays as fast as it is.
const RAILS = {
  promptpay: async ({ promptpayId }) => ({
    channel: 'promptpay',
    currency: 'THB',
    plugin: promptpay({ target: promptpayId }),
  }),

  async promptpay_scb() {
    const { startScbSimulator } = await import('@itpay/simulator');
    // The bank numbers payments one after the other. Another seed for each start, so that it gives no number twice.
    const bank = await startScbSimulator({ callbacks: 'auto', seed: randomUUID() });
    const { instances, ...provider } = scb({ test: { ...bank.credentials, baseUrl: bank.url } });
    // Orders at SCB do not say where confirmations go; a partner registers that at the bank. Here each order does.
    const registering = instances.map((instance) => ({
      ...instance,
      authorize: (...[request, context]: Parameters<NonNullable<typeof instance.authorize>>) => {
        bank.registerCallback(request.notifyUrl);
        return instance.authorize!(request, context);
      },
    }));
    const plugin = promptpay({ provider: { ...provider, instances: registering } });
    return { channel: 'promptpay', currency: 'THB', plugin, url: bank.url };
  },

  async wechat() {
    const [{ wechat }, { startWechatSimulator }] = await Promise.all([
      import('@itpay/channel-wechat'),
      import('@itpay/simulator'),
    ]);
    const { url, credentials } = await startWechatSimulator({ callbacks: 'auto' });
    return { channel: 'wechat', currency: 'CNY', plugin: wechat({ test: { baseUrl: url, ...credentials } }), url };
  },

  async alipay() {
    const [{ alipay }, { startAlipaySimulator }] = await Promise.all([
      import('@itpay/channel-alipay'),
      import('@itpay/simulator'),
    ]);
    const { url, credentials } = await startAlipaySimulator({ callbacks: 'auto' });
    return { channel: 'alipay', currency: 'CNY', plugin: alipay({ test: credentials }), url };
  },

  async qris({ publicUrl }) {
    const [{ qris, ACQUIRERS }, { startSnapSimulator }] = await Promise.all([
      import('@itpay/channel-qris'),
      import('@itpay/simulator'),
    ]);
    // Orders of SNAP do not say where notifications go either; its path is fixed.
    const notifyUrl = publicUrl.replace(/\/+$/, '') + ACQUIRERS.aspi.notifyPath;
    const { url, credentials } = await startSnapSimulator({ callbacks: 'auto', notifyUrl });
    return { channel: 'qris', currency: 'IDR', plugin: qris({ test: { ...credentials, baseUrl: url } }), url };
  },

  async bank_transfer() {
    const { bankTransfer } = await import('@itpay/channel-bank-transfer');
    return { channel: 'bank_transfer', currency: 'EUR', plugin: bankTransfer() };
  },
} satisfies Record<string, (shop: Shop) => Promise<Omit<MountedRail, 'name'>>>;

type RailName = keyof typeof RAILS;

/**
 * Starts the rails of `ITPAY_RAILS`, each with its simulator.
 *
 * @param names separated by commas; left out or empty: `promptpay`
 * @throws ItPayError `CONFIGURATION_INVALID`
 */
export async function startRails(names: string | undefined, shop: Shop): Promise<readonly MountedRail[]> {
  const chosen = readNames(names);
  return Promise.all(chosen.map(async (name) => ({ name, ...(await RAILS[name](shop)) })));
}

function readNames(names: string | undefined): readonly RailName[] {
  const chosen = [...new Set((names ?? '').split(',').map((name) => name.trim()))].filter((name) => name !== '');
  if (chosen.length === 0) return ['promptpay'];
  const unknown = chosen.find((name) => !Object.hasOwn(RAILS, name));
  if (unknown !== undefined) {
    throw invalid(`There is no rail "${unknown}". There are: ${Object.keys(RAILS).join(', ')}.`);
  }
  const promptpays = chosen.filter((name) => name.startsWith('promptpay'));
  if (promptpays.length !== 1) {
    throw invalid('The shop sells in baht: name promptpay or promptpay_scb, one of the two.');
  }
  return chosen as RailName[];
}

function invalid(problem: string): ItPayError {
  return new ItPayError('CONFIGURATION_INVALID', { message: `ITPAY_RAILS: ${problem}`, param: 'ITPAY_RAILS' });
}
