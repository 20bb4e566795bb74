import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { runNight } from '../test/faults/night/run.mjs';
import { restartablePostgresNeed } from '../test/faults/night/postgres.mjs';
import { SCENARIOS } from '../test/faults/night/scenarios.mjs';
import { redisNeed } from '../test/support/redis.mjs';

// The long run of test/faults/night: every scenario under load until enough operations were made, then what became of them.

const HELP = `npm run faults -- [options]

Runs an installation of four processes on a PostgreSQL, Redis and S3 of its own, with a rail, receivers and clients around it,
breaks them in every way of the list below, and checks from outside that nothing was lost and nothing done twice.

  --operations N   so many requests with a key of their own, over all scenarios (10000)
  --seconds N      at least so long under faults, for each scenario (5)
  --shoppers N     clients that buy at the same time (20)
  --only NAME      scenarios whose name holds this; may be given several times
  --seed TEXT      decides what clients and faults do; printed at the start (random)
  --keep           keeps the logs of the processes; they are kept anyway when a promise was broken
  --help

Scenarios: ${SCENARIOS.map(({ name }) => name).join(' · ')}

Exit code 1 when a promise was broken, or something could not be started.
`;

const { values } = parseArgs({
  options: {
    operations: { type: 'string', default: '10000' },
    seconds: { type: 'string', default: '5' },
    shoppers: { type: 'string', default: '20' },
    only: { type: 'string', multiple: true, default: [] },
    seed: { type: 'string', default: String(randomInt(1_000_000)) },
    keep: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  process.stdout.write(HELP);
  process.exit(0);
}

const { only, seed, keep } = values;
const chosen = SCENARIOS.filter(({ name }) => only.length === 0 || only.some((part) => name.includes(part)));
if (chosen.length === 0)
  fail(`No scenario has such a name. There are: ${SCENARIOS.map(({ name }) => name).join(', ')}.`);
const operations = Number(values.operations);
const seconds = Number(values.seconds);
const shoppers = Number(values.shoppers);
if (!(operations >= 0 && seconds > 0 && shoppers > 0)) {
  fail('--operations, --seconds and --shoppers are numbers.');
}

const noPostgres = restartablePostgresNeed().missing;
if (noPostgres !== null) fail(`This needs a PostgreSQL to break. ${noPostgres}`);
const noRedis = redisNeed().missing;
const scenarios = chosen.filter(({ name, redis }) => {
  if (redis && noRedis !== null) console.log(`skipped: ${name} (${noRedis})`);
  return !redis || noRedis === null;
});

console.log(`seed ${seed}`);
const { table, violations, logs } = await runNight({
  scenarios,
  load: { seconds, operations: Math.ceil(operations / scenarios.length), shoppers },
  seed,
  keep,
  say: (text) => console.log(text),
});
console.log(`\n${table}\n`);
if (logs !== null) console.log(`The logs are in ${logs}.`);
for (const violation of violations) console.error(`BROKEN ${violation}`);
process.exit(violations.length > 0 ? 1 : 0);

/**
 * @param {string} reason
 * @returns {never}
 */
function fail(reason) {
  console.error(reason);
  process.exit(1);
}
