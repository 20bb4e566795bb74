import { PLACE_LEASE_MS, systemClock, type Clock, type RateLimiter } from '@itpay/kernel';
import { fakeClock } from './fake-clock.js';
import { expect, it, onTestFinished, vi } from './vitest.js';

/** A limiter, and how others see its counts. */
export interface LimitersUnderTest {
  readonly limiter: RateLimiter;
  /** The same store from another process; left out by a driver for one process. */
  readonly elsewhere?: RateLimiter;
}

/**
 * What every driver behind the port `RateLimiter` does.
 *
 * @param open a limiter that goes by this clock, on a store without counts. With `systemClock`, what several processes share
 *   goes by the clock of the store, because theirs are apart.
 */
export function rateLimiterContract(open: (clock: Clock) => Promise<LimitersUnderTest>): void {
  const bucket = { perSecond: 10, burst: 20 };
  const start = async () => {
    const clock = fakeClock();
    return { clock, ...(await open(clock)) };
  };
  const times = (n: number, what: () => Promise<unknown>) => Promise.all(Array.from({ length: n }, what));

  it('gives a burst, and then nothing', async () => {
    const { limiter } = await start();

    const first = await limiter.take('a', bucket);
    await times(18, () => limiter.take('a', bucket));
    const last = await limiter.take('a', bucket);
    const refused = await limiter.take('a', bucket);

    expect(first).toEqual({ allowed: true, remaining: 19, nextInMs: 0, fullInMs: 100, busyMs: 0 });
    expect(last).toMatchObject({ allowed: true, remaining: 0, fullInMs: 2_000 });
    expect(last.nextInMs).toBeCloseTo(100, 3);
    expect(refused).toMatchObject({ allowed: false, remaining: 0, fullInMs: 2_000, busyMs: 0 });
    expect(refused.nextInMs).toBeCloseTo(100, 3);
  });

  it('takes nothing for what it refuses, and fills up at its rate', async () => {
    const { limiter, clock } = await start();
    await times(25, () => limiter.take('a', bucket));

    clock.advance(99);
    const tooEarly = await limiter.take('a', bucket);
    clock.advance(1);
    const inTime = await limiter.take('a', bucket);
    const again = await limiter.take('a', bucket);

    expect([tooEarly.allowed, inTime.allowed, again.allowed]).toEqual([false, true, false]);
    expect(tooEarly.nextInMs).toBeCloseTo(1, 3);
  });

  it('never holds more than its burst', async () => {
    const { limiter, clock } = await start();
    await limiter.take('a', bucket);

    clock.advance('1h');
    const results = (await times(25, () => limiter.take('a', bucket))) as { allowed: boolean }[];

    expect(results.filter(({ allowed }) => allowed)).toHaveLength(20);
  });

  it('makes nobody wait for the time by which a clock went back', async () => {
    const { limiter, clock } = await start();
    await times(25, () => limiter.take('a', bucket));

    clock.set(new Date(clock.now().getTime() - 60_000));
    const results = (await times(25, () => limiter.take('a', bucket))) as { allowed: boolean }[];

    expect(results.filter(({ allowed }) => allowed)).toHaveLength(20);
  });

  it('shuts out nobody whose clock is behind, and gives nobody more whose clock is ahead', async () => {
    const { limiter, elsewhere } = await open(systemClock);
    if (elsewhere === undefined) return; // one process has one clock
    const slow = { perSecond: 0.2, burst: 4 };
    const clockOfProcess = vi.spyOn(systemClock, 'now');
    onTestFinished(() => clockOfProcess.mockRestore());
    const ahead = () => {
      clockOfProcess.mockImplementation(() => new Date(Date.now() + 25_000));
      return limiter.take('a', slow);
    };
    const behind = () => {
      clockOfProcess.mockImplementation(() => new Date());
      return elsewhere.take('a', slow);
    };

    const taken = [await ahead(), await behind(), await ahead(), await behind(), await ahead(), await behind()];

    expect(taken.map(({ allowed }) => allowed)).toEqual([true, true, true, true, false, false]);
    expect(taken.map(({ remaining }) => remaining)).toEqual([3, 2, 1, 0, 0, 0]);
  });

  it('says since when it has not been full', async () => {
    const { limiter, clock } = await start();
    for (let i = 0; i < 8; i += 1) await limiter.take('a', bucket);

    clock.advance(700);
    const busy = await limiter.take('a', bucket);
    clock.advance('5s');
    const anew = await limiter.take('a', bucket);

    expect([busy.busyMs, anew.busyMs]).toEqual([700, 0]);
  });

  it('counts fractions of a millisecond', async () => {
    const { limiter, clock } = await start();
    const three = { perSecond: 3, burst: 3 };
    await times(3, () => limiter.take('a', three));

    clock.advance('1s');
    const results = (await times(4, () => limiter.take('a', three))) as { allowed: boolean }[];

    expect(results.map(({ allowed }) => allowed).filter(Boolean)).toHaveLength(3);
  });

  it('counts each key for itself', async () => {
    const { limiter } = await start();
    await times(20, () => limiter.take('a', bucket));

    expect(await limiter.take('a', bucket)).toMatchObject({ allowed: false });
    expect(await limiter.take('b', bucket)).toMatchObject({ allowed: true, remaining: 19 });
  });

  it('lets exactly as many through as there are tokens, however many ask at once', async () => {
    const { limiter, elsewhere = limiter } = await start();

    const results = (
      await Promise.all([
        times(100, () => limiter.take('a', { perSecond: 25, burst: 50 })),
        times(100, () => elsewhere.take('a', { perSecond: 25, burst: 50 })),
      ])
    ).flat() as { allowed: boolean }[];

    expect(results.filter(({ allowed }) => allowed)).toHaveLength(50);
  });

  it('gives as many places as there are, however many ask at once', async () => {
    const { limiter, elsewhere = limiter } = await start();

    const places = (
      await Promise.all([times(20, () => limiter.enter('a', 7)), times(20, () => elsewhere.enter('a', 7))])
    ).flat();

    expect(places.filter((place) => place !== null)).toHaveLength(7);
    expect(await limiter.enter('b', 7)).not.toBeNull();
  });

  it('takes a place back once', async () => {
    const { limiter } = await start();
    const [one] = [await limiter.enter('a', 2), await limiter.enter('a', 2)];
    expect(await limiter.enter('a', 2)).toBeNull();

    one!.leave();
    one!.leave();

    await expect.poll(() => limiter.enter('a', 2)).not.toBeNull();
    expect(await limiter.enter('a', 2)).toBeNull();
  });

  it('gives back its places when it closes, and not those of another process', async () => {
    const { limiter, elsewhere } = await start();
    await limiter.enter('a', 2);
    if (elsewhere !== undefined) await elsewhere.enter('a', 2);
    await limiter.close();

    if (elsewhere === undefined) return;
    expect(await elsewhere.enter('a', 2)).not.toBeNull();
    expect(await elsewhere.enter('a', 2)).toBeNull();
  });

  it('gets back the places of a process that died, after their lease', async () => {
    const { limiter, elsewhere, clock } = await start();
    if (elsewhere === undefined) return; // its places die with its process
    await limiter.enter('a', 1); // never leaves

    clock.advance(PLACE_LEASE_MS - 1);
    const early = await elsewhere.enter('a', 1);
    clock.advance(1);
    const late = await elsewhere.enter('a', 1);

    expect([early, late !== null]).toEqual([null, true]);
  });
}
