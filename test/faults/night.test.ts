import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeNeeding } from '../support/needs.js';
import { redisNeed } from '../support/redis.mjs';
import { openHouse, type House } from './night/house.mjs';
import { runScenario, type Result } from './night/night.mjs';
import { restartablePostgresNeed } from './night/postgres.mjs';
import { seeded } from './night/random.mjs';
import { SCENARIOS } from './night/scenarios.mjs';
import { tableOf } from './night/table.mjs';

// The worst night, short: an installation of four processes is broken in every way under load, and looked at from outside.
// `npm run faults` is the long run of the same.

const SEED = process.env['ITPAY_FAULTS_SEED'] ?? String(randomInt(1_000_000));
const LOAD = { seconds: 2.5, operations: 0, most: 60 };

describeNeeding(restartablePostgresNeed(), `The worst night, seed ${SEED}`, () => {
  let house: House;
  const results: Result[] = [];
  beforeAll(async () => {
    house = await openHouse({ random: seeded(`${SEED} house`) });
  });
  afterAll(async () => {
    const broken = results.some(({ violations }) => violations.length > 0);
    await house?.close(broken);
    console.log(`${tableOf(results)}${broken ? `\nThe logs are in ${house.logs}.` : ''}`);
  });

  const short = SCENARIOS.filter(({ long }) => !long);
  const { missing } = redisNeed();
  for (const scenario of short) {
    const need = { missing: scenario.redis ? missing : null };
    describeNeeding(need, scenario.name, () => {
      it('breaks no promise', async () => {
        const result = await runScenario(house, scenario, { load: LOAD, random: seeded(`${SEED} ${scenario.name}`) });
        results.push(result);

        expect(result.violations).toEqual([]);
        expect(result.acknowledged).toBeGreaterThan(0);
        expect(result.delivered).toBeGreaterThan(0);
      });
    });
  }
});
