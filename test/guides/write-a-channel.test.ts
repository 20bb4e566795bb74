import { expect, it } from 'vitest';
import { blocksOf, guideContract, linksContract, read } from './pages.js';

const GUIDE = 'docs/guides/write-a-channel.md';
const EXAMPLE = 'examples/custom-channel/README.md';

guideContract(GUIDE);

it('the host in the README of the example is the one that its test runs', () => {
  const [host] = blocksOf(EXAMPLE);
  const test = read('examples/custom-channel/src/host.test.ts');

  const [imports, ...paragraphs] = host!.code.trim().split('\n\n');
  expect(paragraphs.length).toBeGreaterThan(0);
  for (const paragraph of [imports!, ...paragraphs]) expect(test).toContain(`${paragraph}\n`);
});

linksContract(GUIDE);
linksContract(EXAMPLE);
