import { openHouse } from './house.mjs';
import { runScenario } from './night.mjs';
import { seeded } from './random.mjs';
import { rowOf, tableOf } from './table.mjs';

/**
 * One scenario after the other, on one installation.
 *
 * @param {object} options
 * @param {readonly import('./scenarios.mjs').Scenario[]} options.scenarios
 * @param {import('./night.mjs').Load} options.load
 * @param {string} options.seed
 * @param {boolean} [options.keep] the logs of the processes, also when all is well
 * @param {(text: string) => void} [options.say]
 */
export async function runNight({ scenarios, load, seed, keep = false, say = () => {} }) {
  const house = await openHouse({ random: seeded(`${seed} house`) });
  /** @type {import('./night.mjs').Result[]} */
  const results = [];
  let ended = false;
  try {
    for (const scenario of scenarios) {
      const result = await runScenario(house, scenario, { load, random: seeded(`${seed} ${scenario.name}`) });
      results.push(result);
      say(`${rowOf(result)} in ${result.seconds.toFixed(0)} s`);
      for (const violation of result.violations) say(`  ${violation}`);
    }
    ended = true;
  } finally {
    keep ||= !ended || results.some(({ violations }) => violations.length > 0);
    await house.close(keep);
  }
  return {
    results,
    table: tableOf(results),
    violations: results.flatMap(({ name, violations }) => violations.map((violation) => `${name}: ${violation}`)),
    logs: keep ? house.logs : null,
  };
}
