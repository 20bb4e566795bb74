import { request } from 'node:http';

/** @typedef {import('./journal.mjs').Answer} Answer */

/**
 * One request over a connection of its own.
 *
 * @param {{ port: number, method: string, path: string, token?: string, key?: string, body?: object, deadlineMs: number }} options
 * @returns {Promise<{ answer: Answer | null, ms: number, late: boolean }>} no answer: the connection failed, or the time is over
 */
export function ask({ port, method, path, token, key, body, deadlineMs }) {
  const started = performance.now();
  return new Promise((resolve) => {
    let late = false;
    const end = (/** @type {Answer | null} */ answer) => {
      clearTimeout(timer);
      resolve({ answer, ms: performance.now() - started, late });
    };
    const headers = {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(key !== undefined && { 'idempotency-key': key }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    };
    const sent = request({ host: '127.0.0.1', port, method, path, headers, agent: false }, (response) => {
      /** @type {Buffer[]} */
      const chunks = [];
      response
        .on('data', (chunk) => chunks.push(chunk))
        .on('error', () => end(null))
        .on('aborted', () => end(null));
      response.on('end', () => end(read(response, Buffer.concat(chunks))));
    });
    const timer = setTimeout(() => {
      late = true;
      sent.destroy();
      end(null);
    }, deadlineMs);
    sent.on('error', () => end(null));
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** @param {import('node:http').IncomingMessage} response @param {Buffer} bytes @returns {Answer | null} */
function read({ complete, statusCode = 0, headers }, bytes) {
  if (!complete) return null;
  const isJson = String(headers['content-type']).includes('json');
  try {
    const body = isJson ? JSON.parse(bytes.toString()) : { bytes: bytes.length };
    return { status: statusCode, body, replayed: headers['idempotent-replayed'] === 'true' };
  } catch {
    return null;
  }
}
