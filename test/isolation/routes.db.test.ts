import { beforeAll, describe, expect, it } from 'vitest';
import { isolationHouse, type House } from './house.js';
import { noFindings, tryRoute } from './matrix.js';
import { PUBLIC_ROUTES } from './public-routes.js';
import { describeRoute, type Described } from './slots.js';

// Two accounts in two modes, and every route that the kernel has: the table is read, not written down here. What a new
// route needs to be tried (an object, a body, a reason to be public), the first two tests say.

const MINUTES = 60_000;

let house: House;
let routes: readonly Described[];
beforeAll(async () => {
  house = await isolationHouse();
  routes = house.routes.filter(({ access }) => access !== 'public').map(describeRoute);
});

it('finds the routes, and an object for every place where one of them takes an id', () => {
  expect(routes.length).toBeGreaterThan(40);
  expect(routes.flatMap(({ missing }) => missing)).toEqual([]);
});

it('knows why each public route is public', async () => {
  const { paths } = (await house.send('GET', '/v1/openapi.json')).body;
  const described = Object.entries<object>(paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const asking = new Set(routes.map(({ title }) => title));
  const open = house.routes.filter(({ access }) => access === 'public').map(({ method, path }) => `${method} ${path}`);
  // The gateway adds the description of the API to those of the kernel.
  const all = new Set([...open, ...described.filter((title) => !asking.has(title))]);

  const unexplained = [...all].filter((title) => PUBLIC_ROUTES[title] === undefined);
  const hint = 'Say in test/isolation/public-routes.ts why it shows nobody anything of an account.';
  expect(unexplained.map((title) => `${title} is public. ${hint}`)).toEqual([]);
});

describe.each([
  ['the first account in test mode', 0],
  ['the first account in live mode', 1],
])('What belongs to %s', (_, index) => {
  const findings = noFindings();
  let tried = 0;
  beforeAll(async () => {
    const fresh = await isolationHouse(); // the more it holds, the longer it takes to see that nothing changed
    for (const described of routes) {
      if (described.missing.length > 0) continue;
      await tryRoute(fresh, fresh.tenants[index]!, described, findings);
      tried += 1;
    }
  }, 8 * MINUTES);

  it('is there for its owner, on every route', () => {
    expect(tried).toBe(routes.length);
    expect(findings.vacuous).toEqual([]);
  });

  it('is for everybody else as if it had never been', () => {
    expect(findings.betrayed).toEqual([]);
  });

  it('is named in no answer to anybody else', () => {
    expect(findings.shown).toEqual([]);
  });

  it('is changed by nobody else, nor is anything else', () => {
    expect(findings.changed).toEqual([]);
  });

  it('shares no idempotency key with anybody', () => {
    expect(findings.met).toEqual([]);
  });
});
