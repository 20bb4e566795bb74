import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { root } from '../../tools/workspaces.mjs';
import { Stage, type Verdict } from './history.js';

vi.setConfig({ testTimeout: 600_000, hookTimeout: 120_000 });

const SEEDS = Array.from({ length: 200 }, (_, seed) => seed);
const AT_A_TIME = 20;

let stage: Stage;
const verdicts = new Map<number, Verdict>();
beforeAll(async () => {
  stage = await Stage.open();
});
afterAll(() => stage.close());

describe('whatever goes wrong', () => {
  const batches = Array.from({ length: SEEDS.length / AT_A_TIME }, (_, n) => [n * AT_A_TIME, (n + 1) * AT_A_TIME - 1]);

  it.each(batches)('every promise holds in the histories of the seeds %i to %i', async (from, to) => {
    for (const seed of SEEDS.slice(from, to! + 1)) {
      const verdict = await stage.play(seed);
      verdicts.set(seed, { ...verdict, story: [] });
      const broken = verdict.violations.map(({ guarantee, what }) => `${guarantee}: ${what}`);
      expect(broken, `npm run simulate -- --seed ${seed}`).toEqual([]);
    }
  });

  it('the histories are worth it: crashes, purchases, and long ones', () => {
    const all = [...verdicts.values()];
    const total = (key: 'crashes' | 'purchases' | 'turns') => all.reduce((sum, verdict) => sum + verdict[key], 0);

    expect(total('crashes')).toBeGreaterThan(150);
    expect(total('purchases')).toBeGreaterThan(600);
    expect(total('turns')).toBeGreaterThan(200_000);
    expect(new Set(all.map(({ digest }) => digest)).size).toBe(all.length);
  });
});

describe('a seed', () => {
  it.each([3, 20, 199])('tells the same story again, after others and in the same database: %i', async (seed) => {
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
    const here = await stage.play(seed);

    expect(stdout).toContain('Everything held.');
    expect(story).toBe(`${here.story.join('\n')}\n`);
    expect(createHash('sha256').update(story.trimEnd()).digest('hex')).toBe(here.digest);
  });
});
