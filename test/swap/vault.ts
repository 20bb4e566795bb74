import { definePlugin, Secrets, secretsFrom } from '@itpay/kernel';

/** Seals and signs with a key that comes from the vault of the app, in place of `secretKey`. */
export const vault = (key: string) =>
  definePlugin({
    name: 'shop-vault',
    version: '1',
    register(registry) {
      registry.replace(Secrets, [], () => secretsFrom([key]));
    },
  });
