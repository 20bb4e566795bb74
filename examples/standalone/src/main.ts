import { createServer } from 'node:http';
import { mount } from '@itpay/express';
import express from 'express';
import { createItPay, isItPayError, listen, optionsFromEnvironment, stopOnSignal, type Environment } from 'itpay';
import { banner } from './banner.js';
import { startProgress } from './progress.js';
import { startRails } from './rails.js';
import { createShop } from './shop.js';
import { testKey } from './test-key.js';

async function main(): Promise<void> {
  const progress = startProgress();
  const { port, ...environment } = await readEnvironment();
  const rails = await startRails(process.env.ITPAY_RAILS, {
    publicUrl: environment.publicUrl,
    promptpayId: process.env.ITPAY_PROMPTPAY_ID || undefined,
  });
  const pay = await createItPay({
    ...environment,
    account: 'Noodle Shop',
    mode: 'test',
    plugins: rails.map(({ plugin }) => plugin),
    simulators: Object.fromEntries(rails.flatMap(({ channel, url }) => (url === undefined ? [] : [[channel, url]]))),
    onProgress: progress.say,
  });

  const app = express();
  app.use('/itpay', mount(pay));
  app.use(await createShop(pay));
  const server = createServer(app);
  await listen(server, port, process.env.HOST || '127.0.0.1').catch(async (error: unknown) => {
    await pay.stop();
    throw error;
  });
  stopOnSignal(server, pay);
  progress.end();
  const key = await testKey(pay, environment.dataDir ?? '.itpay');
  process.stdout.write(banner({ publicUrl: pay.publicUrl, key, rails }));
}

/** With `PORT=0` a free one is found now, because links name it. */
async function readEnvironment(): Promise<Environment> {
  const given = optionsFromEnvironment();
  if (given.port !== 0) return given;
  const probe = createServer();
  const port = await listen(probe, 0);
  await new Promise((closed) => probe.close(closed));
  return optionsFromEnvironment({ ...process.env, PORT: String(port) });
}

main().catch((error: unknown) => {
  // What we raised ourselves says what to do; anything else is a bug, and its stack helps.
  const text = isItPayError(error) ? error.message : error instanceof Error ? error.stack : String(error);
  process.stderr.write(`\nItPay did not start. ${text}\n`);
  process.exit(1);
});
