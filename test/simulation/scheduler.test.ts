import { describe, expect, it } from 'vitest';
import { Dice } from './dice.js';
import { flows, Life, Scheduler, Stuck, takeOverTime } from './scheduler.js';

const flowOf = (life: Life) => ({ life, doing: 'test', tx: null });
const toTheEnd = { until: () => false, passTime: false };
const answer = <T>(value: T) => ({ kind: 'answer', value }) as const;

function schedulerWith(seed = 1) {
  const scheduler = new Scheduler(new Dice(seed));
  const heard: string[] = [];
  /** Lets somebody make calls, one after the other. */
  const actor = (name: string, calls: number, life = new Life(name)) => {
    scheduler.begin(flowOf(life), () => {
      void (async () => {
        for (let n = 0; n < calls; n += 1) {
          await scheduler.call(`call ${n}`, () => answer(heard.push(`${name}${n}`)));
        }
      })();
    });
    return life;
  };
  return { scheduler, heard, actor };
}

describe('the scheduler', () => {
  it('lets one call go on at a time, each actor in its own order, and actors in the order of the dice', async () => {
    const tell = async (seed: number) => {
      const { scheduler, heard, actor } = schedulerWith(seed);
      for (const name of ['a', 'b', 'c']) actor(name, 4);
      await scheduler.run(toTheEnd);
      return heard;
    };

    const [first, again, other] = [await tell(1), await tell(1), await tell(2)];

    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
    expect(first.filter((one) => one.startsWith('b'))).toEqual(['b0', 'b1', 'b2', 'b3']);
    expect(first.toSorted()).toEqual(other.toSorted());
  });

  it('lets what was set going run until it waits again, before the next one has its turn', async () => {
    const { scheduler, heard } = schedulerWith();
    scheduler.begin(flowOf(new Life('a')), () => {
      void scheduler
        .call('first', () => answer(null))
        .then(async () => {
          for (let n = 0; n < 50; n += 1) await Promise.resolve();
          heard.push('consequence');
        });
      void scheduler.call('second', () => answer(heard.push('second')));
    });

    await scheduler.run(toTheEnd);

    const [before, after] = heard[0] === 'second' ? heard.toReversed() : heard;
    expect([before, after]).toEqual(['consequence', 'second']);
  });

  it('never answers one that died, and forgets its timers', async () => {
    const { scheduler, heard, actor } = schedulerWith();
    const life = actor('a', 3);
    const giveBack = takeOverTime(() => scheduler);
    scheduler.begin(flowOf(life), () => void setTimeout(() => heard.push('timer'), 10));
    giveBack();

    life.end();
    scheduler.pass(1_000);
    await scheduler.run(toTheEnd);

    expect(heard).toEqual([]);
  });

  it('keeps a call waiting until it is ready', async () => {
    const { scheduler, heard, actor } = schedulerWith();
    let free = false;
    scheduler.begin(flowOf(new Life('waits')), () => {
      void scheduler.call(
        'waits',
        () => answer(heard.push('waits')),
        () => free,
      );
    });
    actor('a', 2);

    await scheduler.run(toTheEnd);
    free = true;
    await scheduler.run(toTheEnd);

    expect(heard).toEqual(['a0', 'a1', 'waits']);
  });

  it('gives each call what became of it: an answer, an error, silence, or another turn later', async () => {
    const { scheduler } = schedulerWith();
    const became: string[] = [];
    let turns = 0;
    const later = () => (turns++ === 0 ? ({ kind: 'later', ms: 500 } as const) : answer('late'));
    scheduler.begin(flowOf(new Life('a')), () => {
      const note = (what: string, of: Promise<unknown>) =>
        void of.then(
          (value) => became.push(`${what}: ${String(value)} at ${scheduler.nowMs}`),
          (error: Error) => became.push(`${what}: ${error.message}`),
        );
      note(
        'answer',
        scheduler.call('a', () => answer(1)),
      );
      note(
        'error',
        scheduler.call('b', () => ({ kind: 'fail', error: new Error('broken'), says: 'broken' })),
      );
      note(
        'silence',
        scheduler.call('c', () => ({ kind: 'silence', says: 'nothing' })),
      );
      note('later', scheduler.call('d', later));
    });

    await scheduler.run(toTheEnd);
    scheduler.pass(500);
    await scheduler.run(toTheEnd);

    expect(became.toSorted()).toEqual(['answer: 1 at 0', 'error: broken', 'later: late at 500']);
  });

  it('lets time pass when nothing else can go on, and timers of running code with it', async () => {
    const { scheduler, heard } = schedulerWith();
    const giveBack = takeOverTime(() => scheduler);
    scheduler.begin(flowOf(new Life('a')), () => {
      const started = performance.now();
      const every = setInterval(() => heard.push('interval'), 2_000);
      setTimeout(() => clearInterval(every), 3_600_000);
      void scheduler.sleep(7_200_000).then(() => heard.push(`slept ${performance.now() - started >= 7_200_000}`));
    });

    await scheduler.run({ until: () => heard.at(-1)?.startsWith('slept') ?? false, passTime: true });
    giveBack();

    expect(heard.at(-1)).toBe('slept true');
    expect(heard.filter((one) => one === 'interval').length).toBeGreaterThan(10);
    expect(heard.filter((one) => one === 'interval').length).toBeLessThan(1_800); // a jump over several fires it once
  });

  it('leaves the timers of everybody else alone', async () => {
    const { scheduler } = schedulerWith();
    const giveBack = takeOverTime(() => scheduler);

    await new Promise((resolve) => setTimeout(resolve, 1));
    const real = performance.now();
    giveBack();

    expect(scheduler.nowMs).toBe(0);
    expect(real).toBeGreaterThan(0);
  });

  it('says who waits when nothing can go on', async () => {
    const { scheduler } = schedulerWith();
    scheduler.begin(
      flowOf(new Life('shop-1')),
      () =>
        void scheduler.call(
          'begin',
          () => answer(0),
          () => false,
        ),
    );

    const ending = scheduler.run({ until: () => false, passTime: true });

    await expect(ending).rejects.toThrow(Stuck);
    await expect(ending).rejects.toThrow('shop-1 test: begin');
  });

  it('refuses a call that something outside set going', async () => {
    const { scheduler, actor } = schedulerWith();
    actor('a', 1);
    await scheduler.run(toTheEnd);

    const stray = () => flows.run(flowOf(new Life('b')), () => scheduler.call('read', () => answer(0)));

    expect(stray).toThrow('"read" came out of the blue: b test.');
    expect(() => scheduler.call('read', () => answer(0))).toThrow('"read" belongs to nobody');
  });
});

describe('the dice', () => {
  it('are the same for a seed, and even', () => {
    const [dice, same] = [new Dice(7), new Dice(7)];
    const counts = [0, 0, 0, 0, 0, 0];

    for (let n = 0; n < 6_000; n += 1) {
      const thrown = dice.below(6);
      expect(same.below(6)).toBe(thrown);
      counts[thrown]! += 1;
    }

    for (const count of counts) expect(Math.abs(count - 1_000)).toBeLessThan(150);
  });

  it('keep to the weights', () => {
    const dice = new Dice(3);
    const thrown = Array.from({ length: 4_000 }, () =>
      dice.weighted([
        [3, 'often'],
        [1, 'seldom'],
        [0, 'never'],
      ]),
    );

    expect(thrown.filter((one) => one === 'seldom').length / 4_000).toBeCloseTo(0.25, 1);
    expect(thrown).not.toContain('never');
  });

  // They decide every story, so they must not differ between machines.
  it('fall like this', () => {
    const dice = new Dice(1);

    expect([dice.below(1_000), dice.below(1_000), dice.below(1_000)]).toEqual([782, 275, 993]);
  });
});
