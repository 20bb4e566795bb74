import { Clock, definePlugin, DisplayTokens, Routes, Settings } from '@itpay/kernel';
import { PaymentApi } from '@itpay/payment';
import { assetRoutes } from './asset-routes.js';
import { readAssets } from './assets.js';
import { pageRoute } from './page-route.js';

/** The hosted pay page: where `pay_url` of a payment intent leads. */
export function checkout() {
  return definePlugin({
    name: 'checkout',
    version: '1',
    needs: ['payment'],
    register: (registry) =>
      registry.contribute(
        Routes,
        [PaymentApi, DisplayTokens.token, Clock, Settings],
        async (payments, tokens, clock, settings) => {
          const assets = await readAssets();
          return [pageRoute({ payments, tokens, clock, settings, assets }), ...assetRoutes(assets)];
        },
      ),
  });
}
