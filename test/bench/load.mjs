import { connect } from 'node:net';

/**
 * @typedef {object} Load
 * @property {number} port
 * @property {string} path
 * @property {number} concurrency connections, each with one request at a time
 * @property {() => { headers: Record<string, string>, body: string }} next
 * @property {{ requests: number } | { ms: number }} until
 */

/**
 * Sends POST requests over plain sockets, because an HTTP client would need as much of the machine as the server does.
 *
 * @param {Load} load
 * @returns {Promise<{ requests: number, seconds: number, bodyBytes: number }>} `bodyBytes` of the last answer
 * @throws on the first answer that is not 201
 */
export async function generateLoad({ port, path, concurrency, next, until }) {
  const started = performance.now();
  let sent = 0;
  let bodyBytes = 0;
  const goOn = () => ('requests' in until ? sent < until.requests : performance.now() - started < until.ms);

  const one = async () => {
    const connection = new Connection(port);
    while (goOn()) {
      sent += 1;
      const { status, body } = await connection.send('POST', path, next());
      if (status !== 201) throw new Error(`POST ${path} on port ${port} answered ${status}: ${body}`);
      bodyBytes = body.length;
    }
    connection.close();
  };
  await Promise.all(Array.from({ length: concurrency }, one));
  return { requests: sent, seconds: (performance.now() - started) / 1000, bodyBytes };
}

/**
 * One request after another on one connection.
 *
 * @param {{ port: number, path: string, headers: Record<string, string>, requests: number }} load
 * @returns {Promise<number[]>} milliseconds of each GET, shortest first
 * @throws on the first answer that is not 200
 */
export async function measureLatency({ port, path, headers, requests }) {
  const connection = new Connection(port);
  const times = [];
  for (let sent = 0; sent < requests; sent += 1) {
    const started = performance.now();
    const { status, body } = await connection.send('GET', path, { headers, body: '' });
    times.push(performance.now() - started);
    if (status !== 200) throw new Error(`GET ${path} on port ${port} answered ${status}: ${body}`);
  }
  connection.close();
  return times.toSorted((a, b) => a - b);
}

class Connection {
  #socket;
  #received = /** @type {Buffer} */ (Buffer.alloc(0));
  /** @type {{ resolve(answer: { status: number, body: Buffer }): void, reject(error: Error): void } | null} */
  #waiting = null;

  /** @param {number} port */
  constructor(port) {
    this.#socket = connect(port, '127.0.0.1').setNoDelay(true);
    this.#socket.on('data', (chunk) => this.#read(chunk));
    this.#socket.on('error', (error) => this.#waiting?.reject(error));
    this.#socket.on('close', () => this.#waiting?.reject(new Error('The server closed the connection.')));
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {{ headers: Record<string, string>, body: string }} request
   * @returns {Promise<{ status: number, body: Buffer }>}
   */
  send(method, path, { headers, body }) {
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const length = Buffer.byteLength(body);
    this.#socket.write(
      `${method} ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n${lines.join('')}content-length: ${length}\r\n\r\n${body}`,
    );
    return new Promise((resolve, reject) => (this.#waiting = { resolve, reject }));
  }

  close() {
    this.#waiting = null;
    this.#socket.destroy();
  }

  /** @param {Buffer} chunk */
  #read(chunk) {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    const headEnd = this.#received.indexOf('\r\n\r\n');
    if (headEnd < 0) return;
    const head = this.#received.toString('latin1', 0, headEnd);
    const [, length] = /content-length: (\d+)/i.exec(head) ?? [];
    const end = headEnd + 4 + Number(length);
    if (this.#received.length < end) return;
    const body = this.#received.subarray(headEnd + 4, end);
    this.#received = this.#received.subarray(end);
    this.#waiting?.resolve({ status: Number(head.slice(9, 12)), body });
  }
}
