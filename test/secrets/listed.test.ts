import { sealedColumns } from '@itpay/kernel';
import { expect, it } from 'vitest';
import { allPlugins } from '../../packages/itpay/src/create-itpay.js';
import { filesBelow, textOf } from '../architecture/sources.js';

// A new line here means that something new lies sealed: list its column in `sealed` of its plugin, or nothing that an old
// key sealed there can be read once that key has gone.
it('knows every place where something is sealed, and in which column it lies', () => {
  const files = ['packages', 'adapters', 'hosts'].flatMap(filesBelow).filter((file) => /(?<!\.test)\.ts$/.test(file));
  const places = files.flatMap((file) =>
    [...textOf(file).matchAll(/[sS]ecrets\.seal\((\w+)/g)].map(([, purpose]) => `${file}: ${purpose}`),
  );
  const columns = sealedColumns(allPlugins({ plugins: [] })).map(({ table, column, purpose }) => {
    return `${purpose}: ${table}.${column}`;
  });

  expect(places.filter((place) => !place.startsWith('packages/kernel/src/sealed/')).toSorted()).toEqual([
    'packages/gateway/src/keys/changes.ts: SIGNING_PURPOSE',
    'packages/gateway/src/keys/shared-keys.ts: PURPOSE', // in a cache, for seconds; what does not open is looked up
    'packages/payment/src/callback/routes.ts: SEALED_FOR',
    'packages/payment/src/refund-file/store.ts: DOCUMENT',
    'packages/payment/src/statement/store.ts: SEALED_FOR',
    'packages/webhook/src/endpoint/secrets.ts: ANSWER',
    'packages/webhook/src/endpoint/secrets.ts: PURPOSE',
  ]);
  expect(columns.toSorted()).toEqual([
    'api-key-signing: api_keys.signing_secret',
    'notification: notifications.sealed_body',
    'refund-file: refund_files.sealed_document',
    'statement-row: statement_rows.sealed_details',
    'webhook.answer: idempotency_keys.body',
    'webhook: webhook_endpoints.secrets',
  ]);
});
