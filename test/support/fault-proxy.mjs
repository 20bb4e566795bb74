import { once } from 'node:events';
import { connect, createServer } from 'node:net';

// JavaScript, because the long runs run it as it is.

/**
 * @typedef {{ host?: string, port: number }} Address
 *
 * @typedef {object} FaultProxyOptions
 * @property {() => readonly Address[]} targets where the next connection may go, the preferred one first; the others are tried
 *   when nobody listens there
 * @property {() => number} [random] from 0 to 1; decides which connections a share is
 *
 * @typedef {object} FaultProxy
 * @property {number} port on the loopback interface
 * @property {() => number} open how many connections there are
 * @property {(ms: number) => void} latency every byte, both ways, comes so much later
 * @property {() => void} refuse new connections are reset as soon as they are there
 * @property {(share?: number) => void} reset open connections end with a reset on both sides
 * @property {() => void} blackHole nothing passes and nobody is told, on open and new connections. What was sent arrives after
 *   `heal`, as when TCP sends it again
 * @property {(share?: number) => void} forget open connections pass nothing any more, and never will, as after a firewall
 *   lost its state
 * @property {(share?: number) => void} cut the next answer on a connection is cut in the middle, and the connection reset
 * @property {() => void} heal ends latency, refusals, the black hole, and cuts that have not come yet
 * @property {() => Promise<void>} close
 */

/**
 * A TCP proxy on the loopback interface that breaks connections as networks do.
 *
 * @param {FaultProxyOptions} options
 * @returns {Promise<FaultProxy>}
 */
export async function startFaultProxy({ targets, random = Math.random }) {
  /** @type {Set<Connection>} */
  const connections = new Set();
  const weather = { latencyMs: 0, refusing: false, blackHole: false };

  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (client) => {
    if (weather.refusing) return void client.resetAndDestroy();
    const connection = new Connection(client, weather, () => connections.delete(connection));
    connections.add(connection);
    connection.connect(targets());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  /** @param {number} share @param {(connection: Connection) => void} act */
  const some = (share, act) => {
    for (const connection of connections) if (random() < share) act(connection);
  };
  return {
    port: /** @type {import('node:net').AddressInfo} */ (server.address()).port,
    open: () => connections.size,
    latency: (ms) => void (weather.latencyMs = ms),
    refuse: () => void (weather.refusing = true),
    reset: (share = 1) => some(share, (connection) => connection.reset()),
    blackHole: () => void (weather.blackHole = true),
    forget: (share = 1) => some(share, (connection) => void (connection.forgotten = true)),
    cut: (share = 1) => some(share, (connection) => void (connection.cutNext = true)),
    heal: () => {
      Object.assign(weather, { latencyMs: 0, refusing: false, blackHole: false });
      for (const connection of connections) connection.goOn();
    },
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const connection of connections) connection.reset();
      await closed;
    },
  };
}

/** @typedef {import('node:net').Socket} Socket @typedef {{ latencyMs: number, refusing: boolean, blackHole: boolean }} Weather */

/** One connection through the proxy. */
class Connection {
  forgotten = false;
  cutNext = false;
  #client;
  /** @type {Socket | null} */
  #upstream = null;
  #weather;
  #onEnd;
  #over = false;
  /** @type {Way[]} */
  #ways = [];

  /** @param {Socket} client @param {Weather} weather @param {() => void} onEnd */
  constructor(client, weather, onEnd) {
    this.#client = client.setNoDelay(true);
    this.#weather = weather;
    this.#onEnd = onEnd;
    client.on('error', () => {});
    this.#watch(client);
  }

  /** @param {readonly Address[]} targets */
  connect([target, ...others]) {
    if (this.#over) return;
    if (target === undefined) return this.reset();
    const upstream = connect({ host: '127.0.0.1', ...target, allowHalfOpen: true });
    const onRefused = () => this.connect(others);
    upstream.once('error', onRefused).once('connect', () => {
      upstream.off('error', onRefused).on('error', () => {});
      if (this.#over) return void upstream.destroy();
      this.#upstream = upstream.setNoDelay(true);
      this.#watch(upstream);
      const hold = () => this.forgotten || this.#weather.blackHole;
      const late = () => this.#weather.latencyMs;
      this.#ways = [
        new Way(this.#client, upstream, { hold, late, cut: () => false }),
        new Way(upstream, this.#client, { hold, late, cut: () => this.cutNext, onCut: () => this.reset() }),
      ];
    });
  }

  reset() {
    this.#client.resetAndDestroy();
    this.#upstream?.resetAndDestroy();
    this.#end();
  }

  goOn() {
    this.cutNext = false;
    for (const way of this.#ways) way.pump();
    if (this.#client.destroyed || this.#upstream?.destroyed) this.#left();
  }

  /** @param {Socket} socket */
  #watch(socket) {
    socket.on('close', () => this.#left()).on('end', () => this.forgotten && this.#left());
  }

  // What one side sent before it left is still delivered, and whoever is in a black hole learns nothing.
  #left() {
    if (this.#over) return;
    const nobody = isGone(this.#client) && (this.#upstream === null || isGone(this.#upstream));
    const busy = this.forgotten || this.#weather.blackHole || this.#ways.some((way) => way.busy);
    if (busy && !nobody) return;
    this.#client.destroy();
    this.#upstream?.destroy();
    this.#end();
  }

  #end() {
    this.#over = true;
    this.#onEnd();
  }
}

/** @param {Socket} socket */
const isGone = (socket) => socket.destroyed || socket.readableEnded;

/** One direction of a connection: what came, and when it may go on. */
class Way {
  #from;
  #to;
  #faults;
  /** @type {{ at: number, chunk: Buffer | null }[]} */
  #waiting = [];
  /** @type {NodeJS.Timeout | undefined} */
  #timer;

  /**
   * @param {Socket} from
   * @param {Socket} to
   * @param {{ hold: () => boolean, late: () => number, cut: () => boolean, onCut?: () => void }} faults
   */
  constructor(from, to, faults) {
    this.#from = from;
    this.#to = to;
    this.#faults = faults;
    from.on('data', (chunk) => this.#take(chunk)).on('end', () => this.#take(null));
    from.on('close', () => this.pump());
    to.on('drain', () => from.resume());
    from.resume();
  }

  /** Something is still to be passed on. */
  get busy() {
    return this.#waiting.length > 0;
  }

  /** @param {Buffer | null} chunk null: the sender has said all */
  #take(chunk) {
    const before = this.#waiting.at(-1)?.at ?? 0;
    this.#waiting.push({ at: Math.max(before, performance.now() + this.#faults.late()), chunk });
    this.pump();
  }

  pump() {
    clearTimeout(this.#timer);
    while (this.#waiting.length > 0 && !this.#faults.hold()) {
      const [{ at, chunk }] = /** @type {[{ at: number, chunk: Buffer | null }]} */ (
        /** @type {unknown} */ (this.#waiting)
      );
      const wait = at - performance.now();
      if (wait > 0) return void (this.#timer = setTimeout(() => this.pump(), wait));
      this.#waiting.shift();
      if (this.#to.destroyed) continue;
      if (chunk === null) this.#to.end();
      else if (this.#faults.cut()) this.#cut(chunk);
      else if (!this.#to.write(chunk)) this.#from.pause();
    }
    if (this.#waiting.length === 0 && this.#from.destroyed && !this.#faults.hold()) this.#to.destroySoon();
  }

  /** @param {Buffer} chunk */
  #cut(chunk) {
    this.#waiting = [];
    this.#to.write(chunk.subarray(0, chunk.length >> 1), () => this.#faults.onCut?.());
  }
}
