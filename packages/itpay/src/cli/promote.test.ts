import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { freshDirectory } from '../../../../test/support/database.js';
import { promoteCommand } from './promote.js';

afterEach(() => void vi.unstubAllEnvs());

it('refuses secret keys that cannot be used before it looks at anything, not after the move', async () => {
  const directory = await freshDirectory(); // in which it would miss the database
  await writeFile(join(directory, 'secret.key'), 'a-key-of-at-least-thirty-two-characters\n');
  vi.stubEnv('ITPAY_SECRET_KEY', 'short');
  const words = ['--to', 'postgres://127.0.0.1:1/shop', '--from', directory, '--yes'];

  await expect(promoteCommand().parseAsync(words, { from: 'user' })).rejects.toThrow(
    /ITPAY_SECRET_KEY.* 32 characters/,
  );
});
