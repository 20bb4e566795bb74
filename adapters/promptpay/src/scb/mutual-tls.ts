import { Agent, request as httpsRequest } from 'node:https';
import { RailError, type RailAnswer, type RailRequest } from '@itpay/kernel';

/** With what we prove to the bank who we are. PEM. */
export interface ClientIdentity {
  readonly certificate: string;
  readonly privateKey: string;
  /** The authority of the server. Left out: those that Node trusts. */
  readonly authority?: string;
}

const MAX_BYTES = 1024 * 1024;

/**
 * `askRail` for a rail that wants to see a certificate of ours: Node's fetch cannot show one. Every request has a
 * connection of its own, so that none is lost on one that the rail has just closed.
 */
export function overMutualTls(identity: ClientIdentity): (request: RailRequest) => Promise<RailAnswer> {
  const { certificate: cert, privateKey: key, authority } = identity;
  const agent = new Agent({ cert, key, keepAlive: false, ...(authority !== undefined && { ca: authority }) });
  return ({ url, method, headers, body, signal, maxBytes = MAX_BYTES }) =>
    new Promise((resolve, reject) => {
      let connected = false;
      const fail = (error: unknown) => reject(error instanceof RailError ? error : railError(error, connected, signal));
      const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
      const outgoing = httpsRequest(url, { method, headers: { ...headers, ...length }, agent, signal });
      outgoing.on('socket', (socket) => socket.once('secureConnect', () => (connected = true)));
      outgoing.on('error', fail);
      outgoing.on('response', (response) => {
        const chunks: Buffer[] = [];
        let size = 0;
        response.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size > maxBytes) {
            response.destroy(new RailError({ category: 'unmapped', message: `The answer is over ${maxBytes} bytes.` }));
          } else chunks.push(chunk);
        });
        response.on('error', fail);
        response.on('end', () =>
          resolve({
            status: response.statusCode!,
            headers: plain(response.headers),
            body: Buffer.concat(chunks, size),
          }),
        );
      });
      outgoing.end(body);
    });
}

function railError(error: unknown, connected: boolean, signal: AbortSignal): RailError {
  if (signal.aborted) return new RailError({ category: 'timeout' }, { cause: error });
  const { code } = error as { code?: unknown };
  // Before both sides have agreed on keys, no byte of the request has left.
  const category = connected ? 'network' : 'not_connected';
  return new RailError({ category, ...(typeof code === 'string' && { rawCode: code }) }, { cause: error });
}

function plain(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}
