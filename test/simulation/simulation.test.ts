import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { root } from '../../tools/workspaces.mjs';
import { hundredSeeds } from './seeds.js';

const played = hundredSeeds(0);

describe('a seed', () => {
  it.each([3, 20, 99])('tells the same story again, after others and in the same database: %i', async (seed) => {
    const { stage, verdicts } = played();
    const first = verdicts.get(seed) ?? (await stage.play(seed));
    await stage.play(1_000 + seed);
    const again = await stage.play(seed);

    expect(again.digest).toBe(first.digest);
  });

  it('tells the same story in another process', async () => {
    const seed = 11;
    const directory = mkdtempSync(join(tmpdir(), 'itpay-simulation-'));
    const file = join(directory, 'story');

    const args = ['tools/simulate.mjs', '--seed', String(seed), '--trace', file];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root, timeout: 300_000 });
    const story = readFileSync(file, 'utf8');
    rmSync(directory, { recursive: true });
    const here = await played().stage.play(seed);

    expect(stdout).toContain('Everything held.');
    expect(story).toBe(`${here.story.join('\n')}\n`);
    expect(createHash('sha256').update(story.trimEnd()).digest('hex')).toBe(here.digest);
  });
});
