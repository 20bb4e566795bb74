import { expect, it } from 'vitest';
import { inBatches } from './in-batches.js';

/** A writer that ends each batch when the test says so. */
function slowWriter() {
  const batches: { items: readonly number[]; end(error?: Error): void }[] = [];
  const write = (items: readonly number[]) =>
    new Promise<void>((resolve, reject) => {
      batches.push({ items: [...items], end: (error) => (error ? reject(error) : resolve()) });
    });
  return { batches, write };
}
const turn = () => new Promise((resolve) => setImmediate(resolve));

it('writes the first at once and gathers the rest until that is written', async () => {
  const { batches, write } = slowWriter();
  const add = inBatches(10, write);

  const first = add(1);
  await turn();
  const others = [add(2), add(3)];
  await turn();
  expect(batches.map(({ items }) => items)).toEqual([[1]]);

  batches[0]!.end();
  await first;
  await turn();
  expect(batches.map(({ items }) => items)).toEqual([[1], [2, 3]]);

  batches[1]!.end();
  await Promise.all(others);
});

it('begins another batch when one is full', async () => {
  const { batches, write } = slowWriter();
  const add = inBatches(2, write);
  const all = [1, 2, 3, 4, 5].map((item) => add(item));

  for (const n of [0, 1, 2]) {
    await turn();
    batches[n]!.end();
  }
  await Promise.all(all);

  expect(batches.map(({ items }) => items)).toEqual([[1, 2], [3, 4], [5]]);
});

it('tells those whose batch failed, and nobody else', async () => {
  const { batches, write } = slowWriter();
  const add = inBatches(2, write);
  const [one, two, three] = [add(1), add(2), add(3)];
  const outcomes = Promise.allSettled([one, two, three]);

  await turn();
  batches[0]!.end(new Error('no'));
  await turn();
  batches[1]!.end();

  expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled']);
});
