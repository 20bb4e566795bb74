// A process of the shop that orders something from itself, and dies on the way when it is told to. It runs on what was built.
import { arm, disarm, portCalls, print, uncountedFetch } from '../faults/ports.mjs';
import { once } from 'node:events';
import { createApp } from '../../examples/shop-express/dist/app.js';
import { openDatabase } from '../../examples/shop-express/dist/database.js';
import { DEMO_USERS } from '../../examples/shop-express/dist/demo-data.js';
import { openPayments } from '../../examples/shop-express/dist/payments/payments.js';

/** @type {{ databaseUrl: string, method: string, kill: import('../faults/ports.mjs').Kill | null }} */
const { databaseUrl, method, kill } = JSON.parse(/** @type {string} */ (process.argv[2]));

const config = { port: 0, host: '127.0.0.1', shopUrl: 'http://localhost', databaseUrl };
const payments = await openPayments(config, {
  secretKey: 'a-secret-key-for-tests-that-is-long-enough',
  logger: { debug() {}, info() {}, warn() {}, error() {} },
  work: false,
});
const server = createApp(openDatabase(databaseUrl), payments).listen(0, '127.0.0.1');
await once(server, 'listening');
const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());

let cookie = '';
/** @param {string} path @param {Record<string, string>} form */
async function post(path, form) {
  const answer = await uncountedFetch(`http://127.0.0.1:${port}${path}`, {
    method: 'POST',
    redirect: 'manual',
    headers: { cookie },
    body: new URLSearchParams(form),
  });
  cookie = answer.headers.get('set-cookie')?.split(';')[0] ?? cookie;
}

const [{ email, password }] = DEMO_USERS;
await post('/sign-in', { email, password });
await post('/cart', { product: 'doi-chang' });
arm(kill);
await post('/checkout', { method });
disarm();
print({ calls: portCalls() });
process.exit(0);
