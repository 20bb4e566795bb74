import { createServer } from 'node:http';
import { promptpay } from '@itpay/channel-promptpay';
import { mount } from '@itpay/express';
import express from 'express';
import { createItPay, isItPayError, listen, optionsFromEnvironment, stopOnSignal } from 'itpay';
import { banner } from './banner.js';
import { startProgress } from './progress.js';
import { createShop } from './shop.js';
import { testKey } from './test-key.js';

async function main(): Promise<void> {
  const progress = startProgress();
  const { port, ...environment } = optionsFromEnvironment();
  const pay = await createItPay({
    ...environment,
    account: 'Noodle Shop',
    mode: 'test',
    plugins: [promptpay({ target: process.env.ITPAY_PROMPTPAY_ID || undefined })],
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
  process.stdout.write(banner({ publicUrl: pay.publicUrl, key: await testKey(pay, environment.dataDir ?? '.itpay') }));
}

main().catch((error: unknown) => {
  // What we raised ourselves says what to do; anything else is a bug, and its stack helps.
  const text = isItPayError(error) ? error.message : error instanceof Error ? error.stack : String(error);
  process.stderr.write(`\nItPay did not start. ${text}\n`);
  process.exit(1);
});
