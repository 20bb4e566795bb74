import { describe, expect, it } from 'vitest';
import { createKernel, inStartOrder, migrationSets } from './kernel.js';
import { definePlugin, type AnyPlugin } from './plugin.js';

const plugin = (name: string, needs?: string[]): AnyPlugin =>
  definePlugin({ name, version: '1', ...(needs && { needs }) });
const order = (...plugins: AnyPlugin[]) => inStartOrder(plugins).map(({ name }) => name);

describe('inStartOrder', () => {
  it.each<[plugins: AnyPlugin[], expected: string[]]>([
    [[], []],
    [
      [plugin('a'), plugin('b')],
      ['a', 'b'],
    ],
    [
      [plugin('a', ['b']), plugin('b')],
      ['b', 'a'],
    ],
    [
      [plugin('a', ['c', 'b']), plugin('b'), plugin('c')],
      ['c', 'b', 'a'],
    ],
    [
      [plugin('a', ['b']), plugin('b', ['c']), plugin('c'), plugin('d', ['a'])],
      ['c', 'b', 'a', 'd'],
    ],
    [
      [plugin('a', ['c']), plugin('b', ['c']), plugin('c')],
      ['c', 'a', 'b'],
    ],
  ])('%#', (plugins, expected) => {
    expect(order(...plugins)).toEqual(expected);
  });

  it.each<[plugins: AnyPlugin[], message: string]>([
    [[plugin('a'), plugin('b'), plugin('a')], 'The plugin "a" is listed twice. List it once.'],
    [[plugin('a', ['b'])], 'The plugin "a" needs the plugin "b". Add it to plugins.'],
    [[plugin('a', ['a'])], 'Plugins need each other in a circle: a → a.'],
    [
      [plugin('a', ['b']), plugin('b', ['c']), plugin('c', ['a'])],
      'Plugins need each other in a circle: a → b → c → a.',
    ],
    [[plugin('kernel')], `A plugin cannot be named "kernel": that is the framework's own name.`],
  ])('refuses %#', (plugins, message) => {
    expect(() => order(...plugins)).toThrow(expect.objectContaining({ code: 'CONFIGURATION_INVALID', message }));
  });
});

it('migrates the kernel first, then the plugins that have tables, in start order', () => {
  const migrations = [{ name: '0001-a', up: 'select 1' }];
  const withTables = (name: string, needs: string[]) => definePlugin({ name, version: '1', needs, migrations });

  const sets = migrationSets([withTables('b', ['a']), plugin('c'), withTables('a', [])]);

  expect(sets.map((set) => set.plugin)).toEqual(['kernel', 'a', 'b']);
});

it('closes every driver when it cannot start, and tells why it could not', async () => {
  const closed: string[] = [];
  const driver = (name: string) => ({
    close: async () => {
      closed.push(name);
      throw new Error(`${name} does not close`);
    },
  });

  const starting = createKernel({
    database: driver('database') as never,
    pubsub: driver('pubsub') as never,
    blobStore: {} as never,
    secrets: {} as never,
    logger: {} as never,
    settings: { publicUrl: 'https://shop.example' },
    plugins: [plugin('a', ['b'])],
    migrate: 'check',
  });

  await expect(starting).rejects.toMatchObject({ message: expect.stringContaining('"a" needs the plugin "b"') });
  expect(closed).toEqual(['pubsub', 'database']);
});
