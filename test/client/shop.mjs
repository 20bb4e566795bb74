// A shop's process: creates a payment with a journal, or resumes what a process before it left. What it did is a line of
// JSON on its standard output.
import { ItPay } from '@itpay/client';
import { fileJournal } from '@itpay/client/node';

const [what, directory] = process.argv.slice(2);
const client = new ItPay({ journal: fileJournal(directory), maxRetries: 0 });

if (what === 'create') {
  const amount = { currency: 'THB', value: 19_900 };
  await client.paymentIntents.create({ amount, order_reference: process.env.ORDER }, { timeoutMs: 60_000 });
  console.log(JSON.stringify({ created: true }));
} else {
  const resumed = await client.resume();
  console.log(JSON.stringify({ resumed: resumed.map(({ state, body }) => ({ state, id: body?.id })) }));
}
