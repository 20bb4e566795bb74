// @ts-check
// Keeps the pay page up to date. The server renders every state; this script waits for news and swaps the `main` element
// for the new one. Without it the page still shows everything and has a link to check again.

const WAIT_SECONDS = 25;
/** Proxies that hold a stream back deliver not even its first event. */
const FIRST_EVENT_MS = 8_000;
/** A stream whose connection died says nothing, like one on which nothing happens. */
const STREAM_LIFETIME_MS = 120_000;
/** How long the page asks by itself after a stream has failed. */
const STREAM_REST_MS = 60_000;
const REQUEST_TIMEOUT_MS = 15_000;
const LONGEST_PAUSE_MS = 30_000;

const announcer = /** @type {HTMLElement} */ (document.getElementById('announcer'));
let main = /** @type {HTMLElement} */ (document.querySelector('main'));

/** How far the server's clock is ahead of the payer's, which may be wrong by hours. */
let clockOffsetMs = 0;
let timeIsOver = false;
/** The server is to be asked for the page anew; stays true until it has answered. */
let mustCheck = false;
/** Somebody called `check` while the page was waiting. */
let interrupted = false;
/** Ends whatever the page is waiting for. */
let interrupt = () => {};
/** Until then streams are not tried, on the payer's clock. */
let streamsRestUntil = 0;
/** Said as soon as the page is fresh. */
let note = '';

settle();
setInterval(countDown, 250);
addEventListener('online', check);
addEventListener('pageshow', ({ persisted }) => {
  if (persisted) check(); // back from the browser's cache, as it was when the payer left
});
document.addEventListener('visibilitychange', () => {
  // Who comes back from the banking app should not wait for a request that fell asleep with the phone.
  if (document.visibilityState === 'visible') check();
  else stopWaiting(); // a page that nobody sees asks for nothing
});
document.addEventListener('click', ({ target }) => {
  if (!(target instanceof HTMLElement)) return;
  if (target.closest('[data-print]') !== null) print();
  const button = /** @type {HTMLButtonElement | null} */ (target.closest('[data-new-code]'));
  if (button !== null) void showNewCode(button);
});
void follow();

/** Asks the server at once. */
function check() {
  mustCheck = true;
  stopWaiting();
}

function stopWaiting() {
  interrupted = true;
  interrupt();
}

async function follow() {
  let failures = 0;
  let emptyNews = 0;
  while (main.dataset.state !== 'paid' && main.dataset.state !== 'missing') {
    interrupted = false;
    try {
      const asked = mustCheck;
      if (asked || (await hasNews())) {
        const before = stateOf(main);
        await refresh();
        failures = 0;
        showConnection(true);
        // News that changes nothing must not become a storm of requests.
        if (stateOf(main) !== before) emptyNews = 0;
        else await pause(asked ? 1 : ++emptyNews);
      } else {
        failures = 0;
        emptyNews = 0;
        showConnection(true);
      }
    } catch {
      if (interrupted) continue;
      showConnection(false);
      await pause(++failures);
    }
  }
}

/** Waits for a change. Where nothing is under way, or nobody looks, waits for the payer to come back to the page. */
async function hasNews() {
  const { wait, stream, cursor } = main.dataset;
  if (wait === undefined || document.visibilityState === 'hidden') {
    await sleep(2 ** 31 - 1);
    return true;
  }
  if (stream !== undefined && Date.now() >= streamsRestUntil) return streamHasNews(stream, cursor ?? '');
  return pollHasNews(wait, cursor ?? '');
}

/**
 * Waits at the server's event stream. A stream that fails leaves it to `pollHasNews`, which also tells whether the
 * connection is lost.
 *
 * @param {string} url
 * @param {string} cursor the version on the page
 * @returns {Promise<boolean>}
 */
function streamHasNews(url, cursor) {
  return new Promise((resolve) => {
    const source = new EventSource(url);
    const began = Date.now();
    let opened = false;
    const end = (/** @type {boolean} */ news) => {
      clearTimeout(silence);
      clearTimeout(age);
      interrupt = () => {};
      source.close();
      resolve(news);
    };
    const fail = () => {
      // One that worked for a while is tried again first.
      if (!opened || Date.now() - began < FIRST_EVENT_MS) streamsRestUntil = Date.now() + STREAM_REST_MS;
      end(false);
    };
    const silence = setTimeout(fail, FIRST_EVENT_MS);
    const age = setTimeout(() => end(false), STREAM_LIFETIME_MS);
    interrupt = () => end(false);
    source.addEventListener('error', fail);
    source.addEventListener('payment_intent.state', (event) => {
      clearTimeout(silence);
      opened = true;
      showConnection(true);
      if (event.lastEventId !== cursor) end(true);
    });
  });
}

/**
 * @param {string} wait
 * @param {string} cursor the version on the page
 */
async function pollHasNews(wait, cursor) {
  const url = `${wait}&timeout=${WAIT_SECONDS}&cursor=${cursor}`;
  const response = await request(url, 'application/json', WAIT_SECONDS * 1000 + REQUEST_TIMEOUT_MS);
  if (response.status === 429 || response.status >= 500) throw new Error(`The server answered ${response.status}.`);
  // Refused: the page itself, asked again, says why.
  if (!response.ok) return true;
  const answer = await response.json();
  return answer.cursor !== cursor;
}

/**
 * Asks for another code of the same payment: for one that a wallet does not read.
 *
 * @param {HTMLButtonElement} button
 */
async function showNewCode(button) {
  const { qr, codeShown, codeFailed } = main.dataset;
  if (qr === undefined || button.getAttribute('aria-disabled') === 'true') return;
  button.setAttribute('aria-disabled', 'true'); // and not `disabled`, which would take the focus away
  try {
    const headers = { 'Content-Type': 'application/json', 'Idempotency-Key': randomKey() };
    const body = JSON.stringify({ reason: 'manual' });
    const signal = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
    const response = await fetch(qr, { method: 'POST', headers, body, signal });
    note = (response.ok ? codeShown : codeFailed) ?? '';
  } catch {
    note = codeFailed ?? '';
  }
  check(); // also after a failure: perhaps it was paid meanwhile
}

// `crypto.randomUUID` exists on https alone, and a shop may be tried out in a local network.
const randomKey = () => [...crypto.getRandomValues(new Uint32Array(4))].join('-');

/** Fetches this page anew and takes over what it says. */
async function refresh() {
  const response = await request(location.href, 'text/html', REQUEST_TIMEOUT_MS);
  if (!response.ok && response.status !== 404) throw new Error(`The server answered ${response.status}.`);
  const page = new DOMParser().parseFromString(await response.text(), 'text/html');
  const next = page.querySelector('main');
  if (next === null) throw new Error('The answer is not a pay page.');

  mustCheck = false;
  const changed = stateOf(next) !== stateOf(main);
  const focusWasInside = main.contains(document.activeElement);
  for (const element of next.querySelectorAll('noscript')) element.remove();
  main.replaceWith(next);
  main = next;
  document.title = page.title;
  settle();
  if (note !== '' && !changed) say(note);
  note = '';
  if (!changed) {
    if (focusWasInside) /** @type {HTMLElement | null} */ (main.querySelector('[data-new-code]'))?.focus();
    return;
  }
  if (focusWasInside) main.querySelector('h1')?.focus({ preventScroll: true });
  announcer.textContent = main.dataset.announce ?? '';
  scrollTo({ top: 0 });
}

/** Makes a `main` that has just come from the server ours. */
function settle() {
  clockOffsetMs = Number(main.dataset.now ?? Date.now()) - Date.now();
  timeIsOver = false;
  for (const element of main.querySelectorAll('[data-live]')) element.removeAttribute('hidden');
  const format = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: 'medium', timeStyle: 'short' });
  for (const time of main.querySelectorAll('time[data-local-time]')) {
    time.textContent = format.format(new Date(/** @type {HTMLTimeElement} */ (time).dateTime));
  }
  countDown();
}

function countDown() {
  const { expires, over } = main.dataset;
  if (expires === undefined || timeIsOver) return;
  const left = Number(expires) - (Date.now() + clockOffsetMs);
  const timer = main.querySelector('[data-countdown]');
  if (timer !== null) timer.textContent = clockText(left);
  main.classList.toggle('soon', left < 60_000);
  if (left > 0) return;
  timeIsOver = true;
  main.classList.add('over');
  say(over ?? '');
  check();
}

/** `14:05`, or `71:59:59` for a bank transfer. @param {number} milliseconds */
function clockText(milliseconds) {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
  const two = (/** @type {number} */ part) => String(part).padStart(2, '0');
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return `${hours > 0 ? `${hours}:${two(minutes)}` : minutes}:${two(seconds % 60)}`;
}

/** @param {boolean} connected */
function showConnection(connected) {
  // Where nothing is under way, a lost connection is no news.
  if (main.dataset.wait === undefined) return;
  const wasLost = main.classList.contains('lost');
  main.classList.toggle('lost', !connected);
  if (connected && wasLost) say(main.dataset.announce ?? '');
  if (!connected && !wasLost) say(main.dataset.lost ?? '');
}

/** Shows a line where the status stands, and has it read out. @param {string} line */
function say(line) {
  const status = main.querySelector('[data-status]');
  if (status !== null) status.textContent = line;
  announcer.textContent = line;
}

/** @param {HTMLElement} element */
function stateOf({ dataset }) {
  return `${dataset.state} ${dataset.cursor}`;
}

/**
 * @param {string} url
 * @param {string} accept
 * @param {number} timeoutMs
 */
async function request(url, accept, timeoutMs) {
  const abort = new AbortController();
  interrupt = () => abort.abort();
  const timer = setTimeout(interrupt, timeoutMs);
  try {
    const response = await fetch(url, { headers: { Accept: accept }, cache: 'no-store', signal: abort.signal });
    // The body may hang like the head: read it within the same time.
    const body = await response.text();
    return new Response(body === '' ? null : body, { status: response.status });
  } finally {
    clearTimeout(timer);
    interrupt = () => {};
  }
}

/**
 * Longer after each failure, and never the same for two payers: a server that comes back is not run over.
 *
 * @param {number} attempts
 */
function pause(attempts) {
  const longest = Math.min(LONGEST_PAUSE_MS, 1000 * 2 ** (attempts - 1));
  return sleep(longest * (0.5 + Math.random() / 2));
}

/** @param {number} milliseconds */
function sleep(milliseconds) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    interrupt = () => {
      clearTimeout(timer);
      resolve(undefined);
    };
  });
}
