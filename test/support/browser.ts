import { accessSync, constants } from 'node:fs';
import { chromium, type BrowserContext } from 'playwright-core';
import { whenFileEnds } from './cleanup.js';
import { freshDirectory } from './database.js';
import type { Need } from './needs.js';

/** `describeNeeding(chromiumNeed, …)` around the tests that open a page. */
export const chromiumNeed: Need = {
  missing: findChromium() ? null : 'apt-get install chromium   (or ITPAY_TEST_CHROMIUM=<path of a Chromium>)',
};

/**
 * A headless Chromium with a profile of its own; both go when the test file ends.
 *
 * @returns `null` when this machine has none
 * @throws with `CI=true` when there is none, and when ITPAY_TEST_CHROMIUM names a file that cannot be run
 */
export async function openBrowser(): Promise<BrowserContext | null> {
  const executablePath = findChromium();
  if (!executablePath) {
    if (process.env['CI'] === 'true') throw new Error(`No Chromium: ${chromiumNeed.missing}`);
    return null;
  }

  const browser = await chromium.launchPersistentContext(await freshDirectory(), {
    executablePath,
    headless: true,
    args: quietly,
  });
  whenFileEnds(() => browser.close());
  return browser;
}

const quietly = [
  '--no-sandbox', // containers and root have none; the pages are our own
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  // Without these it calls home while a test watches what goes over the wire.
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

function findChromium(): string | undefined {
  const named = process.env['ITPAY_TEST_CHROMIUM'];
  if (named) {
    accessSync(named, constants.X_OK);
    return named;
  }
  return ['chromium', 'chromium-browser', 'google-chrome'].map((name) => `/usr/bin/${name}`).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
