import { Clock, definePlugin, DisplayTokens, Routes } from '@itpay/kernel';
import { PaymentApi } from '@itpay/payment';
import { assetRoutes } from './asset-routes.js';
import { readAssets } from './assets.js';
import { en } from './messages.js';
import { pageRoute } from './page-route.js';

/** The hosted pay page: where `pay_url` of a payment intent leads. */
export function checkout() {
  return definePlugin({
    name: 'checkout',
    version: '1',
    needs: ['payment'],
    register: (registry) =>
      registry.contribute(Routes, [PaymentApi, DisplayTokens.token, Clock], async (payments, tokens, clock) => {
        const assets = await readAssets();
        return [pageRoute({ payments, tokens, clock, assets, text: en }), ...assetRoutes(assets)];
      }),
  });
}
