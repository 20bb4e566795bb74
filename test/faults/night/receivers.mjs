import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';

/**
 * What a receiver does with a webhook: a status; `hang`: no answer; `redirect`; `dribble`: a header that never ends, byte by
 * byte; `die`: an answer that breaks off before its status line is over; `slow`: a good answer, a little late.
 *
 * @typedef {number | 'hang' | 'redirect' | 'dribble' | 'die' | 'slow'} Manner
 *
 * @typedef {object} Arrival
 * @property {string} event its id
 * @property {string} body
 * @property {number} sentAt unix seconds, as it says
 * @property {string} signature
 * @property {boolean} taken it was answered with success
 *
 * @typedef {object} Receiver
 * @property {string} origin
 * @property {Arrival[]} arrivals
 * @property {(manner: (arrived: number) => Manner) => void} behave what it does from now on, by how much has arrived before
 * @property {() => void} mend from now on it takes everything at once; whoever still waits is cut off
 * @property {() => Promise<void>} close
 */

const DRIBBLE_MS = 100;
const SLOW_MS = 150;

/**
 * A merchant's server that keeps books of what it got, and behaves as it is told.
 *
 * @returns {Promise<Receiver>}
 */
export async function startReceiver() {
  /** @type {Arrival[]} */
  const arrivals = [];
  /** @type {(arrived: number) => Manner} */
  let manners = () => 204;
  /** @type {Set<import('node:net').Socket>} */
  const waiting = new Set();

  const server = createServer((request, response) => {
    const { socket } = request;
    /** @type {Buffer[]} */
    const chunks = [];
    request.on('error', () => {}).on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const manner = manners(arrivals.length);
      const header = (/** @type {string} */ name) => String(request.headers[name]);
      arrivals.push({
        event: header('webhook-id'),
        body: Buffer.concat(chunks).toString(),
        sentAt: Number(header('webhook-timestamp')),
        signature: header('webhook-signature'),
        taken: manner === 'slow' || (typeof manner === 'number' && manner < 300),
      });
      waiting.add(socket);
      answer(manner, response, () => waiting.delete(socket));
    });
  });
  server.on('connection', (socket) => socket.on('error', () => {}).on('close', () => waiting.delete(socket)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    origin: `http://127.0.0.1:${port}`,
    arrivals,
    behave: (next) => void (manners = next),
    mend: () => {
      manners = () => 204;
      for (const socket of waiting) socket.destroy();
    },
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** @param {Manner} manner @param {import('node:http').ServerResponse} response @param {() => void} done */
function answer(manner, response, done) {
  const { socket } = response;
  const end = (/** @type {number} */ status, headers = {}) => {
    response.writeHead(status, headers).end();
    done();
  };
  if (typeof manner === 'number') return end(manner);
  switch (manner) {
    case 'hang':
      return;
    case 'slow':
      return void setTimeout(end, SLOW_MS, 200);
    case 'redirect':
      return end(307, { location: 'http://127.0.0.1:9/elsewhere' });
    case 'die':
      socket?.write('HTTP/1.1 20', () => socket.resetAndDestroy());
      return;
    case 'dribble': {
      const timer = setInterval(() => socket?.write('x'), DRIBBLE_MS);
      socket?.once('close', () => clearInterval(timer)).write('HTTP/1.1 200 OK\r\nx-');
    }
  }
}

/**
 * Whether an arrival is signed with the endpoint's secret. (Standard Webhooks)
 *
 * @param {Arrival} arrival @param {string} secret
 */
export function isSigned({ event, sentAt, body, signature }, secret) {
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  const wanted = createHmac('sha256', key).update(`${event}.${sentAt}.${body}`).digest('base64');
  return signature.split(' ').includes(`v1,${wanted}`);
}
