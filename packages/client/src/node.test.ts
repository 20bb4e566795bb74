import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import type { JournalEntry } from './journal.js';
import { fileJournal } from './node.js';

const folders: string[] = [];
let folder: string;
beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'itpay-journal-')), 'journal');
  folders.push(join(folder, '..'));
});
afterAll(() => Promise.all(folders.map((path) => rm(path, { recursive: true, force: true }))));

const entry = (key: string, createdAt = '2026-11-22T10:00:00.000Z'): JournalEntry => ({
  key,
  method: 'POST',
  path: '/v1/refunds',
  body: '{"reason":"other"}',
  apiVersion: '2026-11-22',
  baseUrl: 'https://shop.example/itpay',
  livemode: false,
  createdAt,
});

describe('the journal in a folder', () => {
  it('is empty before its first entry', async () => {
    expect(await fileJournal(folder).pending()).toEqual([]);
    await fileJournal(folder).done('never there');
  });

  it('gives back what another process put there, oldest first', async () => {
    await fileJournal(folder).put(entry('later', '2026-11-22T10:00:01.000Z'));
    await fileJournal(folder).put(entry('../../etc/passwd ~!'));

    expect(await fileJournal(folder).pending()).toEqual([
      entry('../../etc/passwd ~!'),
      entry('later', '2026-11-22T10:00:01.000Z'),
    ]);
  });

  it('forgets what is done', async () => {
    const journal = fileJournal(folder);
    await journal.put(entry('a'));
    await journal.put(entry('b'));
    await journal.done('a');

    expect(await journal.pending()).toEqual([entry('b')]);
    expect(await readdir(folder)).toHaveLength(1);
  });

  it('keeps the first entry of a key', async () => {
    const journal = fileJournal(folder);
    await journal.put(entry('a'));
    await journal.put(entry('a', '2026-11-25T10:00:00.000Z'));

    expect(await journal.pending()).toEqual([entry('a')]);
  });

  it('is readable for its owner alone, and does not trip over half a draft of a crash', async () => {
    const journal = fileJournal(folder);
    await journal.put(entry('a'));
    await writeFile(join(folder, 'x.tmp'), '{"key":');
    const [file] = (await readdir(folder)).filter((name) => name.endsWith('.json'));

    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect((await stat(join(folder, file!))).mode & 0o777).toBe(0o600);
    expect(await journal.pending()).toHaveLength(1);
  });

  it('says which file is damaged', async () => {
    const journal = fileJournal(folder);
    await journal.put(entry('a'));
    const [file] = await readdir(folder);
    await writeFile(join(folder, file!), '{"key":');

    await expect(journal.pending()).rejects.toThrow(`${file} is damaged`);
  });
});
