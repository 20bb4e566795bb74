import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Stage, type Verdict } from './history.js';

const AT_A_TIME = 20;

/** What a file of seeds has played, for more questions about it. */
export interface Played {
  readonly stage: Stage;
  readonly verdicts: ReadonlyMap<number, Verdict>;
}

/** The tests of a hundred seeds. Two files play two hundred, beside each other. */
export function hundredSeeds(first: number): () => Played {
  vi.setConfig({ testTimeout: 600_000, hookTimeout: 120_000 });
  let stage: Stage;
  const verdicts = new Map<number, Verdict>();
  beforeAll(async () => {
    stage = await Stage.open();
  });
  afterAll(() => stage.close());

  describe('whatever goes wrong', () => {
    const batches = Array.from({ length: 100 / AT_A_TIME }, (_, n) => first + n * AT_A_TIME);

    it.each(batches)('every promise holds in the twenty histories from seed %i on', async (from) => {
      for (let seed = from; seed < from + AT_A_TIME; seed += 1) {
        const verdict = await stage.play(seed);
        verdicts.set(seed, { ...verdict, story: [] });
        const broken = verdict.violations.map(({ guarantee, what }) => `${guarantee}: ${what}`);
        expect(broken, `npm run simulate -- --seed ${seed}`).toEqual([]);
      }
    });

    it('the histories are worth it: crashes, purchases, and long ones', () => {
      const all = [...verdicts.values()];
      const total = (key: 'crashes' | 'purchases' | 'turns') => all.reduce((sum, verdict) => sum + verdict[key], 0);

      expect(total('crashes')).toBeGreaterThan(75);
      expect(total('purchases')).toBeGreaterThan(300);
      expect(total('turns')).toBeGreaterThan(100_000);
      expect(new Set(all.map(({ digest }) => digest)).size).toBe(all.length);
    });
  });

  return () => ({ stage, verdicts });
}
