import { promptpay } from '@itpay/channel-promptpay';
import { wechat } from '@itpay/channel-wechat';
import { startWechatSimulator } from '@itpay/simulator';

/** Everything that the shop does with payments is in this mode. */
export const MODE: 'live' | 'test' = 'test';

/**
 * The rails of the shop, in test mode. WeChat is a server in this process with keys of its own, and PromptPay shows codes
 * that no wallet can pay. A live shop has its merchant's keys here: `promptpay({ target })`, `wechat({ live: { mchid, … } })`.
 */
export async function openTestRails(now: () => Date) {
  const simulator = await startWechatSimulator({ callbacks: 'auto', now });
  return {
    plugins: [promptpay(), wechat({ now, test: { baseUrl: simulator.url, ...simulator.credentials } })],
    simulators: { wechat: simulator.url },
    close: () => simulator.close(),
  };
}
