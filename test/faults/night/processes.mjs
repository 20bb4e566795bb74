import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** Longer than it takes to notice that a connection to the database is dead. */
const SETTLE_WITHIN_MS = 60_000;
const START_WITHIN_MS = 30_000;
const MAIN = fileURLToPath(new URL('process.mjs', import.meta.url));

/** @typedef {{ resolve: (result: any) => void, reject: (error: Error) => void }} Call */

/** A process of the installation, as the one who kills it sees it. */
export class Child {
  #process;
  /** @type {Map<number, Call>} */
  #calls = new Map();
  #made = 0;
  #printed = '';
  #expected = false;
  #started;
  port = 0;
  /** It has come up, and works or takes requests. */
  opened = false;

  constructor() {
    this.#process = fork(MAIN, {
      execArgv: [],
      env: { ...process.env, NODE_OPTIONS: '' },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.on('data', (chunk) => (this.#printed = (this.#printed + chunk).slice(-10_000)));
    }
    this.#process.on('message', (/** @type {any} */ { call, result, failed }) => {
      const waiting = this.#calls.get(call);
      this.#calls.delete(call);
      if (failed === undefined) waiting?.resolve(result);
      else waiting?.reject(new Error(failed));
    });
    this.#process.on('exit', () => {
      for (const { reject } of this.#calls.values()) reject(new Error('The process is gone.'));
      this.#calls.clear();
    });
    this.#started = this.#answerTo(0);
    this.#started.catch(() => {});
  }

  get alive() {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /** Nobody has begun to end it. */
  get stays() {
    return this.alive && !this.#expected;
  }

  /** Why it ended when nobody ended it; null while all is well. */
  get ownEnd() {
    if (this.alive || this.#expected) return null;
    return `a process ended by itself (${this.#process.signalCode ?? this.#process.exitCode}): ${this.#printed.trim()}`;
  }

  /** @param {string} task @param {object} [details] @returns {Promise<any>} */
  async run(task, details = {}) {
    await this.#started;
    const call = (this.#made += 1);
    const answer = this.#answerTo(call);
    this.#process.send({ call, task, ...details }, () => {});
    return answer;
  }

  /** As `kill -9`. */
  async kill() {
    this.#expected = true;
    if (!this.alive) return;
    const gone = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await gone;
  }

  /** @param {number} call @returns {Promise<any>} */
  #answerTo(call) {
    return new Promise((resolve, reject) => {
      if (!this.alive) return reject(new Error('The process is gone.'));
      this.#calls.set(call, { resolve, reject });
    });
  }
}

/** A connection that the night has broken may still be found. @param {Child} child */
async function settleOne(child, tries = 5) {
  const late = new AbortController();
  const limit = sleep(SETTLE_WITHIN_MS, null, late).then(() => {
    throw new Error(`A worker is not done with what is due after ${SETTLE_WITHIN_MS} ms.`);
  });
  try {
    await Promise.race([child.run('settle'), limit]);
  } catch (error) {
    if (tries === 0) throw error;
    await settleOne(child, tries - 1);
  } finally {
    limit.catch(() => {}); // nobody waits for it any more
    late.abort();
  }
}

/**
 * @typedef {'api' | 'worker'} Role
 * @typedef {{ role: Role, child: Child, offsetMs: number, name: string }} Post
 */

/** The processes of an installation: so many posts, and on each a process that is replaced when it dies. */
export class Processes {
  /** @type {Post[]} */
  posts = [];
  killed = 0;
  /** What processes did that nobody told them to. @type {string[]} */
  ownEnds = [];
  #settingOf;
  /** @type {Child[]} */
  #spares = [];
  #names = 0;

  /** @param {(role: Role, name: string, offsetMs: number) => object} settingOf what a process is opened with */
  constructor(settingOf) {
    this.#settingOf = settingOf;
  }

  /** Comes up with these roles. @param {readonly Role[]} roles */
  async open(roles) {
    for (const role of roles) {
      const post = { role, child: new Child(), offsetMs: 0, name: '' };
      this.posts.push(post);
      await this.#start(post, post.child); // one after the other: the first one migrates
    }
  }

  /** @param {Role} role */
  of(role) {
    return this.posts.filter((post) => post.role === role);
  }

  /** Ports of the processes that take requests, in an order that changes from call to call. */
  targets() {
    const living = this.of('api').filter(({ child }) => child.alive && child.opened);
    const first = (this.#names += 1) % Math.max(1, living.length);
    return [...living.slice(first), ...living.slice(0, first)].map(({ child }) => ({ port: child.port }));
  }

  /** Has one ready for the next replacement. */
  prepare() {
    if (this.#spares.length === 0) this.#spares.push(new Child());
  }

  /** Kills the process of a post, and puts another one in its place. @param {Post} post */
  async replace(post) {
    this.#note(post);
    await post.child.kill();
    this.killed += 1;
    const child = this.#spares.pop() ?? new Child();
    post.child = child;
    await this.#start(post, child);
  }

  /** Replaces whatever ended by itself. */
  async fill() {
    for (const post of this.posts) {
      if (post.child.alive && post.child.opened) continue;
      this.#note(post);
      await post.child.kill();
      post.child = new Child();
      await this.#start(post, post.child);
    }
  }

  /** Sets the clock of one post, or of all. @param {number} offsetMs @param {readonly Post[]} [posts] */
  async setClock(offsetMs, posts = this.posts) {
    for (const post of posts) post.offsetMs = offsetMs;
    await Promise.all(posts.map((post) => post.child.run('clock', { offsetMs })));
  }

  /** Everything that is due, in every process that works. */
  async settle() {
    await Promise.all(this.of('worker').map((post) => settleOne(post.child)));
  }

  async stop() {
    for (const post of this.posts) this.#note(post);
    await Promise.all(this.posts.map(({ child }) => child.run('stop').catch(() => {})));
    await this.kill();
  }

  async kill() {
    await Promise.all([...this.posts.map(({ child }) => child), ...this.#spares].map((child) => child.kill()));
  }

  /** @param {Post} post */
  #note(post) {
    const { ownEnd } = post.child;
    if (ownEnd !== null) this.ownEnds.push(`${post.role} ${post.name}: ${ownEnd}`);
  }

  /** Tries again while its database is away, as whatever supervises processes does. @param {Post} post @param {Child} child */
  async #start(post, child) {
    post.name = `${post.role}-${(this.#names += 1)}`;
    for (const deadline = Date.now() + START_WITHIN_MS; ; await sleep(200)) {
      try {
        const { port } = await child.run('open', this.#settingOf(post.role, post.name, post.offsetMs));
        child.port = port;
        child.opened = true;
        return;
      } catch (error) {
        if (!child.alive && child.ownEnd === null) return; // killed again, before it was there
        if (!child.alive || Date.now() > deadline) throw error;
      }
    }
  }
}
