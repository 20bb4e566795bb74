// A process that starts ItPay on a database, makes one payment and ends: node child.mjs <url> <data folder> [slow]
import { promptpay } from '@itpay/channel-promptpay';
import { definePlugin } from '@itpay/kernel';
import { createItPay } from 'itpay';
import pg from 'pg';

const [url, dataDir, slow] = process.argv.slice(2);

/** A step that is still running when the test kills this process. */
const slowPlugin = definePlugin({
  name: 'slow',
  version: '1',
  migrations: [{ name: '0001-slow', up: 'create table {schema}.slow (); select pg_sleep(30)' }],
});

const silent = () => {};
/** Errors go where the test looks. @type {import('@itpay/kernel').Logger} */
const logger = {
  debug: silent,
  info: silent,
  warn: silent,
  error: (fields, message) => console.error(message, fields),
};

// The test holds this lock until everybody is here, so that all go on at the same moment.
const barrier = new pg.Client({ connectionString: url });
await barrier.connect();
console.log('waiting');
await barrier.query('select pg_advisory_lock_shared(42)');
await barrier.end();

const pay = await createItPay({
  publicUrl: 'https://shop.example',
  database: url,
  dataDir,
  secretKey: 'a-secret-key-for-tests-that-is-long-enough',
  mode: 'test',
  logger,
  plugins: [promptpay({ target: '0812345678' }), ...(slow ? [slowPlugin] : [])],
  onProgress: (message) => console.log(message),
});
const { id } = await pay.payments.createIntent({ amount: { currency: 'THB', value: 100 } });
console.log(`account ${pay.account.id}`);
console.log(`payment ${id}`);
await pay.stop();
