import type { JobNotice, JobQueue } from '@itpay/kernel';
import { afterEach, beforeEach, expect, it } from './vitest.js';

/** A queue, and the same one as another process sees it. */
export interface JobQueuesUnderTest {
  readonly queue: JobQueue;
  /** Left out by a queue for one process. */
  readonly elsewhere?: JobQueue;
}

/**
 * What every driver behind the port `JobQueue` does.
 *
 * @param open an empty queue
 */
export function jobQueueContract(open: () => Promise<JobQueuesUnderTest>): void {
  let queue: JobQueue;
  let elsewhere: JobQueue;
  let ends: (() => Promise<void>)[] = [];
  beforeEach(async () => {
    const opened = await open();
    queue = opened.queue;
    elsewhere = opened.elsewhere ?? queue;
  });
  afterEach(async () => {
    await Promise.all(ends.splice(0).map((end) => end()));
    await queue.close();
    await elsewhere.close();
  });

  /** Notes what a process is handed. */
  const receiveOn = (on: JobQueue, run: (notice: JobNotice) => Promise<void> = async () => {}) => {
    const seen: JobNotice[] = [];
    const end = on.receive(async (notice) => {
      seen.push(notice);
      await run(notice);
    });
    ends.push(end);
    return { seen, end, ids: () => seen.map(({ id }) => id) };
  };

  it('hands out what is offered, with all that the notice says', async () => {
    const { seen } = receiveOn(queue);
    const notices = [
      noticeOf('job_1', { name: 'event.deliver:payment_intent.*', lane: 'channel:wechat:live:1900', priority: 0 }),
      noticeOf('job_2', { priority: 100 }),
    ];

    queue.offer(notices);

    await expect.poll(() => seen.toSorted(byId), WITHIN).toEqual(notices);
  });

  it('hands out nothing before its time', async () => {
    const earlyMs: number[] = [];
    const { ids } = receiveOn(queue, async ({ runAt }) => void earlyMs.push(runAt.getTime() - Date.now()));

    queue.offer([noticeOf('job_later', { runAt: new Date(Date.now() + 700) }), noticeOf('job_now')]);
    await expect.poll(ids, WITHIN).toHaveLength(2);

    expect(ids()).toEqual(['job_now', 'job_later']);
    expect(Math.max(...earlyMs)).toBeLessThanOrEqual(0);
  });

  it('keeps what nobody receives yet, and hands it out by urgency', async () => {
    queue.offer([
      noticeOf('job_usual_1'),
      noticeOf('job_upkeep', { priority: 90 }),
      noticeOf('job_event', { priority: 10 }),
      noticeOf('job_usual_2'),
      noticeOf('job_first', { priority: 0 }),
    ]);
    await aMoment();

    const { ids } = receiveOn(elsewhere);

    const expected = ['job_first', 'job_event', 'job_usual_1', 'job_usual_2', 'job_upkeep'];
    await expect.poll(ids, WITHIN).toEqual(expected);
  });

  it('hands each notice to one of the processes that receive', async () => {
    const here = receiveOn(queue, aMoment);
    const there = elsewhere === queue ? here : receiveOn(elsewhere, aMoment);
    const offered: string[] = [];
    const offerTo = (on: JobQueue) => {
      const ids = Array.from({ length: 5 }, () => `job_${String(Math.random())}`);
      offered.push(...ids);
      on.offer(ids.map((id) => noticeOf(id)));
    };

    const both = () => {
      offerTo(queue);
      offerTo(elsewhere);
      return Math.min(here.seen.length, there.seen.length);
    };
    await expect.poll(both, { ...WITHIN, interval: 100 }).toBeGreaterThan(0);
    const all = () => (here === there ? here.ids() : [...here.ids(), ...there.ids()]).toSorted();
    await expect.poll(() => all().length, WITHIN).toBe(offered.length);
    await aMoment();

    expect(all()).toEqual(offered.toSorted());
  });

  it('hands out a row again that is offered anew while it runs, for a later time', async () => {
    const { ids } = receiveOn(queue, async (notice) => {
      if (ids().length > 1) return;
      queue.offer([{ ...notice, runAt: new Date(Date.now() + 100) }]);
    });

    queue.offer([noticeOf('job_1')]);

    await expect.poll(ids, WITHIN).toEqual(['job_1', 'job_1']);
  });

  it('goes on while one of them runs', async () => {
    const [slow, goOn] = [deferred(), deferred()];
    const { ids } = receiveOn(queue, async ({ id }) => {
      if (id !== 'job_slow') return;
      slow.resolve();
      await goOn.promise;
    });

    queue.offer([noticeOf('job_slow')]);
    await slow.promise;
    queue.offer([noticeOf('job_1'), noticeOf('job_2')]);

    await expect.poll(ids, WITHIN).toHaveLength(3);
    goOn.resolve();
  });

  it('ends receiving once what runs is over, and keeps the rest for who receives next', async () => {
    const [running, goOn] = [deferred(), deferred()];
    const first = receiveOn(queue, async () => {
      running.resolve();
      await goOn.promise;
    });
    queue.offer([noticeOf('job_1')]);
    await running.promise;

    let over = false;
    const ended = first.end().then(() => (over = true));
    queue.offer([noticeOf('job_2')]);
    await aMoment();
    expect(over).toBe(false);
    goOn.resolve();
    await ended;
    const second = receiveOn(queue);

    await expect.poll(second.ids, WITHIN).toEqual(['job_2']);
    expect(first.ids()).toEqual(['job_1']);
  });

  it('takes any number of offers without a word, before and after it closes', async () => {
    queue.offer([]);
    for (let n = 0; n < 50; n += 1) expect(queue.offer([noticeOf(`job_${n}`)])).toBeUndefined();
    await queue.close();
    await queue.close();

    expect(queue.offer([noticeOf('job_late')])).toBeUndefined();
  });
}

const WITHIN = { timeout: 15_000, interval: 10 };

/** Long enough for a notice to go over a server and back. */
const aMoment = () => new Promise<void>((resolve) => setTimeout(resolve, 100));

const byId = (a: JobNotice, b: JobNotice) => (a.id < b.id ? -1 : 1);

function noticeOf(id: string, about: Partial<JobNotice> = {}): JobNotice {
  return { id, name: 'greet', lane: null, priority: 50, runAt: new Date(Date.now() - 1), ...about };
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve!: () => void;
  const promise = new Promise<void>((r) => (resolve = r));
  return { promise, resolve };
}
