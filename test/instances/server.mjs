// The process of docs/guides/several-instances.md, of which there are several.
import { promptpay } from '@itpay/channel-promptpay';
import { mount } from '@itpay/express';
import express from 'express';
import { createItPay, listen, optionsFromEnvironment, stopOnSignal } from 'itpay';
import { createServer } from 'node:http';

const { port, ...environment } = optionsFromEnvironment();
const pay = await createItPay({
  ...environment,
  account: 'Corner Shop',
  mode: 'test',
  migrate: 'check',
  plugins: [promptpay({ target: '0812345678' })],
  trustProxy: 1,
});

const app = express();
app.use('/itpay', mount(pay));
const server = createServer(app);
console.log(`ready on port ${await listen(server, port)}`);
stopOnSignal(server, pay);
