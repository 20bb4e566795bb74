import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from '../../tools/workspaces.mjs';

/** A file of the repository. */
export const read = (path: string) => readFileSync(join(root, path), 'utf8');

/** Each block of code, with the file that the text links to last before it. */
export function blocksOf(page: string): { code: string; line: number; file: string | undefined }[] {
  const text = read(page);
  return [...text.matchAll(/^```\w*\n([\s\S]*?)^```$/gm)].map(({ 1: code = '', index }) => {
    const before = text.slice(0, index).replace(/^```[\s\S]*?^```$/gm, '');
    return { code, line: before.split('\n').length, file: linksIn(page, before).at(-1) };
  });
}

/** The files of this repository that a page links to. */
export function linksIn(page: string, text: string): string[] {
  return [...text.matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g)].map(([, target = '']) => join(dirname(page), target));
}

/** Checks a guide that shows code of files which are compiled and tested elsewhere: it shows theirs, to the letter. */
export function guideContract(guide: string): void {
  describe(`the code in ${guide}`, () => {
    const blocks = blocksOf(guide);

    it('is there', () => {
      expect(blocks.length).toBeGreaterThan(10);
    });

    it.each(blocks)('is, on line $line, that of $file', ({ code, file }) => {
      expect(file).toBeDefined();
      expect(read(file!)).toContain(code);
    });
  });
}

/** Checks that what a page links to in this repository is there. */
export function linksContract(page: string): void {
  it(`${page} links to files that are there`, () => {
    const links = linksIn(page, read(page));

    expect(links.length).toBeGreaterThan(0);
    for (const link of links) expect(() => read(link), link).not.toThrow();
  });
}
