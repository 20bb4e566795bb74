// A process that imports a file and kills itself on the way, whenever somebody asks for the time for the nth time.
import { readFileSync } from 'node:fs';
import { bankTransfer } from '@itpay/channel-bank-transfer';
import { createItPay } from 'itpay';

/** @type {{ database: string, file: string, dieAt: number, silent: object }} */
const { database, file, dieAt } = JSON.parse(process.argv[2] ?? '');

let left = Number.POSITIVE_INFINITY;
const clock = {
  now() {
    left -= 1;
    if (left <= 0) process.kill(process.pid, 'SIGKILL');
    return new Date('2025-01-03T00:00:00Z');
  },
};
const silent = { debug() {}, info() {}, warn() {}, error() {} };
const pay = await createItPay({
  publicUrl: 'https://shop.example/itpay',
  plugins: [bankTransfer()],
  database,
  secretKey: 'a-secret-key-for-tests-that-is-long-enough',
  mode: 'test',
  work: false,
  logger: silent,
  clock,
});
left = dieAt;
await pay.payments.importStatement({ channel: 'bank_transfer', file: readFileSync(file) });
left = Number.POSITIVE_INFINITY;
await pay.stop();
