// @ts-check
// Keeps the pay page up to date. The server renders every state; this script waits for news and swaps the `main` element
// for the new one. Without it the page still shows everything and has a link to check again.

const WAIT_SECONDS = 25;
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

settle();
setInterval(countDown, 250);
addEventListener('online', check);
addEventListener('pageshow', ({ persisted }) => {
  if (persisted) check(); // back from the browser's cache, as it was when the payer left
});
document.addEventListener('visibilitychange', () => {
  // Who comes back from the banking app should not wait for a request that fell asleep with the phone.
  if (document.visibilityState === 'visible') check();
});
void follow();

/** Asks the server at once. */
function check() {
  mustCheck = true;
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

/** Waits at the server for a change. Where nothing is under way, waits for the payer to come back to the page. */
async function hasNews() {
  const { wait, cursor } = main.dataset;
  if (wait === undefined) {
    await sleep(2 ** 31 - 1);
    return true;
  }
  const url = `${wait}&timeout=${WAIT_SECONDS}&cursor=${cursor}`;
  const response = await request(url, 'application/json', WAIT_SECONDS * 1000 + REQUEST_TIMEOUT_MS);
  if (response.status === 429 || response.status >= 500) throw new Error(`The server answered ${response.status}.`);
  // Refused: the page itself, asked again, says why.
  if (!response.ok) return true;
  const answer = await response.json();
  return answer.cursor !== cursor;
}

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
  if (!changed) return;
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
