import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ItPay, type ItPayOptions as ClientOptions } from '@itpay/client';
import { fromNode, writeNode } from '@itpay/gateway';
import { systemClock } from '@itpay/kernel';
import { promptpay } from '@itpay/channel-promptpay';
import { testInstance } from '@itpay/testkit';
import { createItPay, type ItPayOptions } from 'itpay';
import { whenFileEnds } from '../support/cleanup.js';
import { freshDirectory } from '../support/database.js';
import { testPay } from '../support/pay.js';

export const MOUNT = '/itpay';

/**
 * What becomes of a request on its way. `cut_before`: it never arrives. `cut_after`: it is carried out, and nobody hears.
 * `hang_…`: the same, and the connection stays open without a word.
 */
export type Fate = 'pass' | 'cut_before' | 'cut_after' | 'hang_before' | 'hang_after';

/** A whole ItPay on this run's back end, behind a real socket, by the real clock. */
export async function served(options: Partial<ItPayOptions> = {}) {
  return serve(await testPay({ clock: systemClock, work: true, ...options } as Partial<ItPayOptions>));
}

/** The same on an embedded database, for tests that are not about the database. */
export async function servedAlone(options: Partial<ItPayOptions> = {}) {
  const t = await testInstance(createItPay, {
    plugins: [promptpay({ target: '0812345678' })],
    dataDir: await freshDirectory(),
    clock: systemClock,
    work: true,
    ...options,
  } as ItPayOptions);
  whenFileEnds(() => t.stop());
  return serve(t);
}

/** Puts an ItPay behind a socket that can lose what comes and goes. */
async function serve(t: Awaited<ReturnType<typeof testPay>>) {
  const { token } = await t.pay.keys.create({
    account: t.pay.account.id,
    livemode: false,
    label: 'client',
    preset: 'operator',
  });
  let fateOf: (request: IncomingMessage) => Fate = () => 'pass';
  const requests: { readonly method: string; readonly path: string; readonly key: string | undefined }[] = [];
  let onLost: () => void = () => {};

  const server = createServer((request, response) => void handle(request, response));
  async function handle(request: IncomingMessage, response: ServerResponse) {
    const { method = '', url = '', headers } = request;
    requests.push({ method, path: url, key: headers['idempotency-key'] as string | undefined });
    const fate = fateOf(request);
    if (fate === 'cut_before') return void request.socket.destroy();
    if (fate === 'hang_before') return onLost();
    const answer = await t.pay.handle(fromNode(request, response, { url: url.slice(MOUNT.length) }));
    if (fate === 'pass') return writeNode(response, answer);
    onLost();
    if (fate === 'cut_after') request.socket.destroy();
  }
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  whenFileEnds(async () => {
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  });
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}${MOUNT}`;

  return {
    t,
    /** Of a key that may do everything. */
    token,
    baseUrl,
    requests,
    client: (more: ClientOptions = {}) => new ItPay({ apiKey: token, baseUrl, ...more }),
    /** Decides about each request from now on. */
    fate: (next: (request: IncomingMessage) => Fate) => void (fateOf = next),
    /** The first requests that write meet these; the rest pass. */
    writesMeet(...fates: Fate[]) {
      fateOf = ({ method }) => (method === 'GET' ? 'pass' : (fates.shift() ?? 'pass'));
    },
    /** Resolves when a request came as far as its fate lets it. */
    lost: () => new Promise<void>((resolve) => (onLost = resolve)),
  };
}
