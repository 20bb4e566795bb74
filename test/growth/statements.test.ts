import { expect, it, vi } from 'vitest';

const texts = vi.hoisted(() => new Map<string, string>());
vi.mock('../../packages/kernel/src/statement.js', async (original) => {
  const actual = await original<typeof import('../../packages/kernel/src/statement.js')>();
  const statement: typeof actual.statement = (name, text, options) => {
    texts.set(name, text);
    return actual.statement<any, any>(name, text, options);
  };
  return { ...actual, statement };
});

it('goes from page to page by what the last one ended with, and nowhere by counting', async () => {
  await import('itpay');

  expect(texts.size).toBeGreaterThan(200);
  expect([...texts].filter(([, text]) => /\boffset\b/i.test(text)).map(([name]) => name)).toEqual([]);
});
