import type { JobNotice, JobQueue } from '@itpay/kernel';

/** A queue in memory that a test can look into, and break. */
export interface FakeJobQueue extends JobQueue {
  /** The same queue as another process sees it. */
  elsewhere(): JobQueue;
  /** Everything that was offered, in its order. */
  readonly offered: readonly JobNotice[];
  /** False: what is offered from now on is lost, as in a server that is away. */
  reachable: boolean;
  /** Forgets what nobody was handed yet. */
  flush(): void;
}

interface Receiver {
  readonly run: (notice: JobNotice) => Promise<void>;
  readonly running: Set<Promise<void>>;
}

/** A JobQueue for one process, by the system's time. */
export function fakeJobQueue(): FakeJobQueue {
  const offered: JobNotice[] = [];
  const receivers: Receiver[] = [];
  let waiting: JobNotice[] = [];
  let timer: NodeJS.Timeout | undefined;
  let turn = 0;

  const handOut = () => {
    clearTimeout(timer);
    if (receivers.length === 0 || waiting.length === 0) return;
    const now = Date.now();
    const due = waiting.filter(({ runAt }) => runAt.getTime() <= now).toSorted((a, b) => a.priority - b.priority);
    waiting = waiting.filter(({ runAt }) => runAt.getTime() > now);
    for (const notice of due) {
      const { run, running } = receivers[turn++ % receivers.length]!;
      const over = run(notice).finally(() => running.delete(over));
      running.add(over);
    }
    if (waiting.length === 0) return;
    const next = Math.min(...waiting.map(({ runAt }) => runAt.getTime()));
    timer = setTimeout(handOut, Math.min(Math.max(0, next - now), 60_000)).unref();
  };

  const view = (): JobQueue => {
    let closed = false;
    return {
      offer: (notices) => {
        if (closed) return;
        offered.push(...notices);
        if (!fake.reachable) return;
        waiting.push(...notices);
        queueMicrotask(handOut); // not from within the caller
      },
      receive: (run) => {
        const receiver: Receiver = { run, running: new Set() };
        receivers.push(receiver);
        queueMicrotask(handOut);
        return async () => {
          const place = receivers.indexOf(receiver);
          if (place >= 0) receivers.splice(place, 1);
          await Promise.all(receiver.running);
        };
      },
      close: async () => {
        closed = true;
        if (receivers.length === 0) clearTimeout(timer);
      },
    };
  };
  const fake: FakeJobQueue = {
    ...view(),
    elsewhere: view,
    offered,
    reachable: true,
    flush: () => {
      waiting = [];
    },
  };
  return fake;
}
