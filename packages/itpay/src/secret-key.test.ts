import { mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { capturedLogger } from '@itpay/testkit';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openSecretKeys, secretKeys, type SecretKeys } from './secret-key.js';

const [first, second] = [
  'the-first-key-of-at-least-thirty-two-characters',
  'the-second-key-of-at-least-thirty-two-chars',
];
const shared = { database: 'postgres://db.example/shop', dataDir: 'nowhere' };

let directory: string;
let file: string;
let opened: SecretKeys | undefined;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'itpay-keys-'));
  file = join(directory, 'keys');
});
afterEach(async () => {
  opened?.close();
  await rm(directory, { recursive: true });
});

describe('The secret keys', () => {
  it.each([
    ['one in the options', { secretKey: first }, {}, [first]],
    ['one with a comma in it', { secretKey: `${first},x` }, {}, [`${first},x`]],
    ['a list, each once', { secretKey: [second, first, first] }, {}, [second, first]],
    ['the environment', {}, { ITPAY_SECRET_KEY: `${second}, ${first}` }, [second, first]],
    ['lines of the environment', {}, { ITPAY_SECRET_KEY: `${second}\r\n${first},\n` }, [second, first]],
    ['the options before the environment', { secretKey: first }, { ITPAY_SECRET_KEY: second }, [first]],
  ])('come from %s', async (_where, options, environment, keys) => {
    expect(await secretKeys({ ...shared, ...options }, environment)).toEqual(keys);
  });

  it('come from a file that the options or the environment name, one per line', async () => {
    await writeFile(file, `${second}\r\n\n  ${first}\n`);

    expect(await secretKeys({ ...shared, secretKey: { file } }, {})).toEqual([second, first]);
    expect(await secretKeys(shared, { ITPAY_SECRET_KEY_FILE: file })).toEqual([second, first]);
  });

  it('come from the file beside the embedded database, which the first start makes for nobody else to read', async () => {
    const [made] = await secretKeys({ dataDir: directory }, {});

    expect((await stat(join(directory, 'secret.key'))).mode & 0o777).toBe(0o600);
    expect(await readFile(join(directory, 'secret.key'), 'utf8')).toBe(`${made}\n`);
    expect(await secretKeys({ dataDir: directory }, {})).toEqual([made]);
  });

  it.each([
    ['there is none', {}, {}, /Set ITPAY_SECRET_KEY/],
    ['one is short', { secretKey: [first, 'short'] }, {}, /at least 32 characters/],
    ['the list is empty', { secretKey: [] }, {}, /at least 32 characters/],
    [
      'the file is not there',
      { secretKey: { file: '/nowhere/keys' } },
      {},
      /\/nowhere\/keys cannot be read \(ENOENT\)/,
    ],
    ['two places name them', {}, { ITPAY_SECRET_KEY: first, ITPAY_SECRET_KEY_FILE: 'x' }, /not both/],
  ])('stop the start when %s', async (_what, options, environment, says) => {
    await expect(secretKeys({ ...shared, ...options }, environment)).rejects.toThrow(says);
  });
});

describe('A file of keys that changes', () => {
  const open = async (content = `${first}\n`) => {
    await writeFile(file, content);
    const logger = capturedLogger();
    const keys = (opened = await openSecretKeys(
      { ...shared, secretKey: { file } },
      { environment: {}, readEveryMs: 5 },
    ));
    keys.watch(logger);
    return { keys, logger };
  };
  // As Kubernetes does it: the name leads to another file all at once.
  const change = async (content: string) => {
    await writeFile(`${file}.new`, content);
    await rename(`${file}.new`, file);
  };
  const told = (logger: ReturnType<typeof capturedLogger>, lines: number) =>
    vi.waitFor(() => expect(logger.lines.length).toBeGreaterThanOrEqual(lines));

  it('is followed, and what was in it stays out of the log', async () => {
    const { keys, logger } = await open();

    await change(`${second}\n${first}\n`);
    await told(logger, 1);
    expect(keys.list()).toEqual([second, first]);

    await change(`${second}\n`);
    await told(logger, 2);
    expect([keys.list(), keys.everListed()]).toEqual([[second], [first, second]]);
    expect(logger.lines.map(({ level }) => level)).toEqual(['info', 'info']);
  });

  it('that has nothing usable in it leaves the keys as they were, and is told once', async () => {
    const { keys, logger } = await open();
    const list = keys.list();

    await change('');
    await told(logger, 1);
    await new Promise((resolve) => setTimeout(resolve, 50)); // ten more looks
    await change('too-short-to-be-secret');
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(logger.lines).toHaveLength(1);
    await rm(file);
    await told(logger, 2);

    expect(keys.list()).toBe(list);
    expect(logger.lines.map(({ level }) => level)).toEqual(['error', 'error']);
    expect(JSON.stringify(logger.lines.map(({ fields }) => String(fields.err)))).not.toContain('too-short');

    await change(`${second}\n${first}\n`);
    await vi.waitFor(() => expect(keys.list()).toEqual([second, first]));
  });

  it('and loses the key that sealed until then is believed, with a warning', async () => {
    const { keys, logger } = await open();

    await change(second);
    await told(logger, 2);

    expect(keys.list()).toEqual([second]);
    expect(logger.lines.map(({ level }) => level)).toEqual(['info', 'warn']);
  });

  it('is left alone once the keys are closed', async () => {
    const { keys, logger } = await open();

    keys.close();
    await change(second);
    await new Promise((resolve) => setTimeout(resolve, 50));

    expect([keys.list(), logger.lines]).toEqual([[first], []]);
  });
});
