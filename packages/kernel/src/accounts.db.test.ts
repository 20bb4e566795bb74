import { beforeEach, expect, it } from 'vitest';
import { house } from '../../../test/support/kernel.js';
import { Accounts } from './accounts.js';

let h: Awaited<ReturnType<typeof house>>;
let here: Accounts;
let there: Accounts;
beforeEach(async () => {
  h = await house();
  here = new Accounts(h.database, h.clock, h.ids);
  there = new Accounts(h.elsewhere, h.clock, h.ids);
});

it('creates an account that is found by id and by name', async () => {
  const created = await here.create('Noodle Shop');

  expect(created).toEqual({ id: expect.stringMatching(/^m_/), name: 'Noodle Shop', createdAt: h.clock.now() });
  expect(await here.find(created.id)).toEqual(created);
  expect(await here.findByName('Noodle Shop')).toEqual(created);
});

it('starts without a policy of its own', async () => {
  await here.create('Noodle Shop');

  expect(await h.rows('accounts')).toMatchObject([{ policy: {} }]);
});

it('finds nothing where there is nothing', async () => {
  expect([await here.find('m_none'), await here.findByName('none'), await here.list()]).toEqual([null, null, []]);
});

it('refuses a name that is taken', async () => {
  await here.create('Shop');

  await expect(there.create('Shop')).rejects.toMatchObject({ code: 'RESOURCE_ALREADY_EXISTS', param: 'name' });
});

it.each([[''], ['x'.repeat(101)]])('refuses the name %o', async (name) => {
  await expect(here.create(name)).rejects.toMatchObject({ code: 'PARAMETER_INVALID', param: 'name' });
});

it('makes one account when many ask for the same name at once', async () => {
  const asked = await Promise.all([here, there, here, there, here, there].map((accounts) => accounts.ensure('Shop')));

  expect(new Set(asked.map(({ id }) => id)).size).toBe(1);
  expect(await here.list()).toEqual([asked[0]]);
});

it('lists the oldest first', async () => {
  for (const name of ['b', 'a', 'c']) await here.create(name);

  expect((await here.list()).map(({ name }) => name)).toEqual(['b', 'a', 'c']);
});
