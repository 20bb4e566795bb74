import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from '../../tools/workspaces.mjs';

// The guide shows code of files that are compiled and tested elsewhere, so what it shows is theirs, to the letter.

const GUIDE = 'docs/guides/write-a-channel.md';
const EXAMPLE = 'examples/custom-channel/README.md';
const read = (path: string) => readFileSync(join(root, path), 'utf8');

/** Each block of code, with the file that the text links to last before it. */
function blocksOf(page: string): { code: string; line: number; file: string | undefined }[] {
  const text = read(page);
  return [...text.matchAll(/^```\w*\n([\s\S]*?)^```$/gm)].map(({ 1: code = '', index }) => {
    const before = text.slice(0, index).replace(/^```[\s\S]*?^```$/gm, '');
    return { code, line: before.split('\n').length, file: linksIn(page, before).at(-1) };
  });
}

/** The files of this repository that a page links to. */
function linksIn(page: string, text: string): string[] {
  return [...text.matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g)].map(([, target = '']) => join(dirname(page), target));
}

describe(`the code in ${GUIDE}`, () => {
  const blocks = blocksOf(GUIDE);

  it('is there', () => {
    expect(blocks.length).toBeGreaterThan(10);
  });

  it.each(blocks)('is, on line $line, that of $file', ({ code, file }) => {
    expect(file).toBeDefined();
    expect(read(file!)).toContain(code);
  });
});

it('the host in the README of the example is the one that its test runs', () => {
  const [host] = blocksOf(EXAMPLE);
  const test = read('examples/custom-channel/src/host.test.ts');

  const [imports, ...paragraphs] = host!.code.trim().split('\n\n');
  expect(paragraphs.length).toBeGreaterThan(0);
  for (const paragraph of [imports!, ...paragraphs]) expect(test).toContain(`${paragraph}\n`);
});

it.each([GUIDE, EXAMPLE])('%s links to files that are there', (page) => {
  const links = linksIn(page, read(page));

  expect(links.length).toBeGreaterThan(0);
  for (const link of links) expect(() => read(link), link).not.toThrow();
});
