import { capturedLogger } from '@itpay/testkit';
import { expect, it } from 'vitest';
import { drainWithin } from './drain.js';
import { Traffic } from './traffic.js';

const client = () => new AbortController();

it('abandons what does not end in time, and says on which routes it runs', async () => {
  const traffic = new Traffic();
  const logger = capturedLogger();
  traffic.enter(client()).route = '/v1/things/{id}';
  traffic.enter(client());

  await drainWithin(traffic, 5, logger);

  expect(logger.lines).toMatchObject([
    { level: 'warn', fields: { routes: ['/v1/things/{id}', 'unknown'], limitMs: 5 } },
  ]);
});

it('ends with the last request, without a warning', async () => {
  const traffic = new Traffic();
  const logger = capturedLogger();
  const visit = traffic.enter(client());

  const draining = drainWithin(traffic, 60_000, logger);
  traffic.leave(visit);
  await draining;

  expect(logger.lines).toEqual([]);
});
