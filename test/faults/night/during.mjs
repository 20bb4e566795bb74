import { setTimeout as sleep } from 'node:timers/promises';

/**
 * @typedef {object} During what a scenario can do while clients trade
 * @property {import('./house.mjs').House} house
 * @property {import('./random.mjs').Random} random
 * @property {() => boolean} over
 * @property {(ms: number) => Promise<void>} wait so long, or until it is over
 * @property {(betweenMs: readonly [number, number], act: () => unknown) => Promise<void>} every again and again, with a pause
 *   between two times, until it is over
 */

/** @param {Pick<During, 'house' | 'random' | 'over'>} what @returns {During} */
export function duringOf({ house, random, over }) {
  const wait = async (/** @type {number} */ ms) => {
    for (const until = performance.now() + ms; performance.now() < until && !over();) await sleep(20);
  };
  return {
    house,
    random,
    over,
    wait,
    async every([least, most], act) {
      for (;;) {
        await wait(least + random.below(most - least + 1));
        if (over()) return;
        await act();
      }
    },
  };
}
