import { randomUUID } from 'node:crypto';
import { rename, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { signatureHeader } from '@itpay/gateway';
import { verifySignature } from '@itpay/webhook';
import { itpay, COMMAND } from '../command-line/itpay.js';
import { freshDatabase, freshDirectory } from '../support/database.js';
import { freePort, startProcess } from '../support/process.js';
import { receiver } from '../webhooks/receiver.js';

const PUBLIC_URL = 'http://pay.example/itpay';

interface Answer {
  readonly status: number;
  readonly body: any;
}

/** Three processes of one installation, each with a file of keys of its own, a receiver of webhooks, and a shop. */
export async function house(firstKey: string) {
  const { url: database } = await freshDatabase();
  const directory = await freshDirectory();
  const inbox = await receiver();
  const adapter = JSON.stringify(resolve('adapters/promptpay/dist/index.js'));
  await writeFile(
    join(directory, 'itpay.config.mjs'),
    `import { promptpay } from ${adapter};
     export default {
       account: 'Test Shop',
       plugins: [promptpay({ target: '0812345678' })],
       rateLimits: false,
       webhooks: { allowedOrigins: ['${inbox.origin}'] },
     };`,
  );
  const fileOf = (name: string | number) => join(directory, `keys-${name}`);
  // Another file takes the name all at once, as where secrets are mounted.
  const give = async (name: string | number, keys: readonly string[]) => {
    await writeFile(`${fileOf(name)}.new`, `${keys.join('\n')}\n`);
    await rename(`${fileOf(name)}.new`, fileOf(name));
  };
  const environment = (name: string | number) => ({
    DATABASE_URL: database,
    ITPAY_SECRET_KEY: '',
    ITPAY_SECRET_KEY_FILE: fileOf(name),
    ITPAY_PUBLIC_URL: PUBLIC_URL,
  });

  await give('command', [firstKey]);
  const run = (...args: string[]) => itpay(args, directory, environment('command'));
  await run('migrate');
  const made = await run('keys', 'create', '--require-signature', '--json');
  const { token, signingSecret } = JSON.parse(made.out) as { token: string; signingSecret: string };

  const processes = await Promise.all(
    [0, 1, 2].map(async (name) => {
      await give(name, [firstKey]);
      const port = await freePort();
      const child = await startProcess(process.execPath, [COMMAND, 'start'], {
        cwd: directory,
        env: { ...environment(name), PORT: String(port), LOG_LEVEL: 'info' },
        readyWhen: /answers at/,
      });
      return { port, child };
    }),
  );

  let calls = 0;
  /** One request to a process, signed as the key demands. */
  const call = async (at: number, method: string, path: string, body?: object, key = ''): Promise<Answer> => {
    const bytes = Buffer.from(body === undefined ? '' : JSON.stringify(body));
    // Each signature is used once: the fraction tells requests of one second apart.
    const t = `${Math.floor(Date.now() / 1000)}.${String((calls += 1)).padStart(6, '0')}`;
    const signed = { method, path: `/itpay${path}`, idempotencyKey: key, body: bytes };
    const answer = await fetch(`http://127.0.0.1:${processes[at % 3]!.port}/itpay${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        'itpay-signature': signatureHeader(signingSecret, t, signed),
        ...(key !== '' && { 'idempotency-key': key }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: bytes }),
    });
    return { status: answer.status, body: await answer.json().catch(() => null) };
  };
  const register = (at: number, key: string) =>
    call(at, 'POST', '/v1/webhook-endpoints', { url: `${inbox.origin}/${key}`, enabled_events: ['*'] }, key);

  /** Whoever pays: one process makes the payment, another one shows it, and the third one hears of the money. */
  const buy = async (at: number): Promise<{ id: string; failures: string[] }> => {
    const failures: string[] = [];
    const expectStatus = (what: string, { status, body }: Answer, wanted: number) => {
      if (status !== wanted) failures.push(`${what} ${at % 3}: ${status} ${JSON.stringify(body)}`);
    };
    const order = { amount: { currency: 'THB', value: 10_000 }, channel: 'promptpay', order_reference: randomUUID() };
    const created = await call(at, 'POST', '/v1/payment-intents', order, randomUUID());
    expectStatus('create', created, 201);
    if (created.status !== 201) return { id: '', failures };
    const { id, pay_url: payUrl } = created.body;
    const seen = await fetch(payUrl.replace(PUBLIC_URL, `http://127.0.0.1:${processes[(at + 1) % 3]!.port}/itpay`), {
      redirect: 'manual',
    });
    expectStatus('page', { status: seen.status, body: await seen.text() }, 303);
    const path = `/v1/test-helpers/payment-intents/${id}/simulate`;
    expectStatus('pay', await call(at + 2, 'POST', path, { event: 'paid' }, randomUUID()), 200);
    return { id, failures };
  };

  /** What the receiver got for an endpoint, and whether the signatures were made with its secret. */
  const delivered = (endpoint: string, secret: string) =>
    inbox.received
      .filter(({ path }) => path === `/${endpoint}`)
      .map(({ headers, body, event }) => {
        const [id, timestamp, signature] = ['id', 'timestamp', 'signature'].map((part) => headers[`webhook-${part}`]!);
        const message = { id: id!, timestamp: Number(timestamp), signature: signature!, body };
        return {
          type: event.type,
          object: event.data.object.id as string,
          genuine: verifySignature(message, [secret], new Date()),
        };
      });

  return { database, processes, inbox, give, run, call, register, buy, delivered };
}
