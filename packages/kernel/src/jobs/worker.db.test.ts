import { beforeEach, describe, expect, it } from 'vitest';
import { actor, deferred, house } from '../../../../test/support/kernel.js';
import { backend } from '../../../../test/support/database.js';
import type { Job } from './jobs.js';

let h: Awaited<ReturnType<typeof house>>;
beforeEach(async () => {
  h = await house();
});

const add = (name: string, key = 'k', payload: unknown = {}, runAt?: Date) =>
  h.database.transaction((tx) => h.jobs.add(tx, name, key, payload, { runAt }));

/** A job that notes what it was given. */
function noting(name: string, run: Job['run'] = async () => {}): Job & { readonly seen: unknown[] } {
  const seen: unknown[] = [];
  return {
    name,
    seen,
    run: async (payload, context) => {
      seen.push(payload);
      await run(payload, context);
    },
  };
}

/** What a job writes that must happen once: an audit row. */
const writeAudit = (job: string) => (tx: Parameters<Parameters<Parameters<Job['run']>[1]['complete']>[0]>[0]) =>
  tx.trx.raw(
    `insert into ??.audit_entries (id, account, at, actor, action, object_id)
     values (gen_random_uuid()::text, 'm', now(), 'job', ?, 'x')`,
    [h.database.schema, job],
  ) as Promise<any>;
const written = async () => (await h.rows('audit_entries')).map(({ action }) => action);

describe('a job', () => {
  it('runs once and is gone', async () => {
    const greet = noting('greet');
    const { worker } = h.processWith([greet]);
    await add('greet', 'k', { to: 'Ana' });

    await worker.settle();
    await worker.settle();

    expect(greet.seen).toEqual([{ to: 'Ana' }]);
    expect(await h.rows('jobs')).toEqual([]);
  });

  it('exists only if its transaction commits', async () => {
    const greet = noting('greet');
    const { worker } = h.processWith([greet]);

    const rolledBack = h.database.transaction(async (tx) => {
      await h.jobs.add(tx, 'greet', 'k', {});
      throw new Error('no');
    });
    await expect(rolledBack).rejects.toThrow('no');
    await worker.settle();

    expect(greet.seen).toEqual([]);
  });

  it.each([[7], [null], ['text'], [true], [[1, 2]], [{ a: { b: null } }]])(
    'carries %o as its payload',
    async (payload) => {
      const greet = noting('greet');
      const { worker } = h.processWith([greet]);
      await add('greet', 'k', payload);

      await worker.settle();

      expect(greet.seen).toEqual([payload]);
    },
  );

  it('is kept as it is when one of the same name and key still waits', async () => {
    const greet = noting('greet');
    const { worker } = h.processWith([greet]);
    await add('greet', 'k', 'first');
    await add('greet', 'k', 'second');
    await add('greet', 'other', 'third');

    await worker.settle();

    expect(greet.seen).toEqual(['first', 'third']);
  });

  it('waits for its time', async () => {
    const greet = noting('greet');
    const { worker } = h.processWith([greet]);
    await add('greet', 'k', {}, new Date(h.clock.now().getTime() + 60_000));

    await worker.settle();
    expect(greet.seen).toHaveLength(0);

    h.clock.advance('60s');
    await worker.settle();
    expect(greet.seen).toHaveLength(1);
  });

  it('of a name that nobody here knows stays untouched', async () => {
    const { worker } = h.processWith([noting('greet')]);
    await add('of-another-version');

    await worker.settle();

    expect(await h.rows('jobs')).toMatchObject([{ name: 'of-another-version', attempts: 0, lease_owner: null }]);
  });

  it('may add the next one of its kind while it completes', async () => {
    const next = new Date(h.clock.now().getTime() + 60_000);
    const tick = noting('tick', (_payload, { complete }) =>
      complete((tx) => h.jobs.add(tx, 'tick', 'k', {}, { runAt: next })),
    );
    const { worker } = h.processWith([tick]);
    await add('tick');

    await worker.settle();

    expect(await h.rows('jobs')).toMatchObject([{ name: 'tick', run_at: next }]);
  });

  it('loses neither rows nor time when the clock goes back', async () => {
    const greet = noting('greet');
    const { worker } = h.processWith([greet]);
    await add('greet');

    h.clock.set(new Date(h.clock.now().getTime() - 3_600_000));
    await worker.settle();
    expect(greet.seen).toHaveLength(0);

    h.clock.advance('1h');
    await worker.settle();
    expect(greet.seen).toHaveLength(1);
  });

  it('with a hundred and more others is run in this call', async () => {
    const greet = noting('greet');
    const { worker } = h.processWith([greet]);
    await h.database.transaction((tx) =>
      h.jobs.addAll(
        tx,
        'greet',
        Array.from({ length: 120 }, (_, n) => ({ key: `${n}`, payload: n })),
      ),
    );

    await worker.settle();

    expect(greet.seen).toHaveLength(120);
    expect(new Set(greet.seen).size).toBe(120);
  });
});

describe('a job that fails', () => {
  it.each([
    // after this many failures  the next try comes after
    [1, 1_000],
    [2, 2_000],
    [3, 4_000],
    [10, 512_000],
    [13, 3_600_000],
    [40, 3_600_000],
  ])('for the %i. time is tried again after %i ms', async (failures, delayMs) => {
    const broken = noting('broken', async () => Promise.reject(new Error('no luck')));
    const { worker } = h.processWith([broken]);
    await add('broken');
    await h.database.knex.raw('update ??.jobs set attempts = ?', [h.database.schema, failures - 1]);

    await worker.settle();

    expect(await h.rows('jobs')).toMatchObject([
      {
        attempts: failures,
        run_at: new Date(h.clock.now().getTime() + delayMs),
        last_error: 'no luck',
        lease_owner: null,
        lease_expires_at: null,
      },
    ]);
    expect(h.logger.lines).toMatchObject([{ level: 'error', fields: { job: 'broken', key: 'k', attempt: failures } }]);
  });

  it('does not keep the next one from running', async () => {
    const broken = noting('broken', async () => Promise.reject(new Error('no luck')));
    const fine = noting('fine');
    const { worker } = h.processWith([broken, fine]);
    await add('broken');
    await add('fine');

    await worker.settle();

    expect(fine.seen).toHaveLength(1);
  });

  it('takes back what it wrote', async () => {
    const half = noting('half', (_payload, { complete }) =>
      complete(async (tx) => {
        await writeAudit('half')(tx);
        throw new Error('in the middle');
      }),
    );
    const { worker } = h.processWith([half]);
    await add('half');

    await worker.settle();

    expect(await written()).toEqual([]);
    expect(await h.rows('jobs')).toMatchObject([{ attempts: 1, last_error: 'in the middle' }]);
  });

  it('after it was done stays done', async () => {
    const late = noting('late', async (_payload, { complete }) => {
      await complete(writeAudit('late'));
      throw new Error('too late');
    });
    const { worker } = h.processWith([late]);
    await add('late');

    await worker.settle();

    expect(await written()).toEqual(['late']);
    expect(await h.rows('jobs')).toEqual([]);
    expect(h.logger.lines).toMatchObject([{ level: 'warn' }]);
  });

  it('because it completes twice says so', async () => {
    const twice = noting('twice', async (_payload, { complete }) => {
      await complete(writeAudit('first'));
      await complete(writeAudit('second'));
    });
    const { worker } = h.processWith([twice]);
    await add('twice');

    await worker.settle();

    expect(await written()).toEqual(['first']);
    expect(h.logger.lines[0]?.fields['err']).toMatchObject({ message: 'The job twice called complete() twice.' });
  });
});

describe('a job whose owner died', () => {
  const lease = async () => {
    await h.database.knex.raw(`update ??.jobs set lease_owner = 'the dead', lease_expires_at = ?`, [
      h.database.schema,
      new Date(h.clock.now().getTime() + 60_000),
    ]);
  };

  it('is left alone while the lease lasts, and taken over after', async () => {
    const greet = noting('greet');
    const { worker } = h.processWith([greet]);
    await add('greet');
    await lease();

    h.clock.advance('59s');
    await worker.settle();
    expect(greet.seen).toHaveLength(0);

    h.clock.advance('1s');
    await worker.settle();
    expect(greet.seen).toHaveLength(1);
  });

  it('is counted as a try that failed, and said', async () => {
    const { worker } = h.processWith([noting('greet', () => Promise.reject(new Error('no luck')))]);
    await add('greet', 'k');
    await lease();

    h.clock.advance('60s');
    await worker.settle();

    expect(await h.rows('jobs')).toMatchObject([{ attempts: 2, last_error: 'no luck', lease_expires_at: null }]);
    expect(h.logger.lines).toMatchObject([
      {
        level: 'warn',
        message: 'A process took the job greet and neither finished it nor put it off; it runs again.',
        fields: { job: 'greet', key: 'k', attempt: 2 },
      },
      { level: 'error', fields: { attempt: 2, retryInMs: 2_000 } },
    ]);
  });
});

describe('two processes', () => {
  it('share the work: each job runs in one of them', async () => {
    const [one, two] = [noting('greet'), noting('greet')];
    const here = h.processWith([one]).worker;
    const there = h.processWith([two], { on: h.elsewhere }).worker;
    await h.database.transaction((tx) =>
      h.jobs.addAll(
        tx,
        'greet',
        Array.from({ length: 70 }, (_, n) => ({ key: `${n}`, payload: n })),
      ),
    );

    await Promise.all([here.settle(), there.settle()]);

    const seen = [...one.seen, ...two.seen] as number[];
    expect(seen.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 70 }, (_, n) => n));
  });

  if (backend() === 'postgres') {
    it('do not wait for each other, nor lease the same job', async () => {
      const greet = noting('greet');
      const { worker } = h.processWith([greet]);
      await add('greet', '1', 1);
      await add('greet', '2', 2);
      const [leased, goOn] = [deferred(), deferred()];
      const other = h.elsewhere.transaction(async (tx) => {
        await tx.trx.raw(`update ??.jobs set lease_owner = 'other', lease_expires_at = ? where key = '1'`, [
          h.database.schema,
          new Date(h.clock.now().getTime() + 60_000),
        ]);
        leased.resolve();
        await goOn.promise;
      });
      await leased.promise;

      await worker.settle();
      goOn.resolve();
      await other;
      await worker.settle();

      expect(greet.seen).toEqual([2]);
    });
  }

  it('cannot both do it: an owner that was paused until its lease was taken over does nothing', async () => {
    const [paused, goOn] = [deferred(), deferred()];
    const here = h.processWith([
      noting('pay', async (_payload, { complete }) => {
        paused.resolve();
        await goOn.promise;
        await complete(writeAudit('here'));
      }),
    ]).worker;
    const there = h.processWith([noting('pay', (_payload, { complete }) => complete(writeAudit('there')))], {
      on: h.elsewhere,
    }).worker;
    await add('pay');
    const running = here.settle();
    await paused.promise;

    h.clock.advance('60s');
    await there.settle();
    goOn.resolve();
    await running;

    expect(await written()).toEqual(['there']);
  });

  it('cannot both do it, even when the second owner has not finished yet', async () => {
    const [firstHas, secondHas, firstGoes, secondGoes] = [deferred(), deferred(), deferred(), deferred()];
    const here = h.processWith([
      noting('pay', async (_payload, { complete }) => {
        firstHas.resolve();
        await firstGoes.promise;
        await complete(writeAudit('here'));
      }),
    ]).worker;
    const there = h.processWith(
      [
        noting('pay', async (_payload, { complete }) => {
          secondHas.resolve();
          await secondGoes.promise;
          await complete(writeAudit('there'));
        }),
      ],
      { on: h.elsewhere },
    ).worker;
    await add('pay');
    const first = here.settle();
    await firstHas.promise;
    h.clock.advance('60s');
    const second = there.settle();
    await secondHas.promise;

    firstGoes.resolve();
    await first;
    expect(await written()).toEqual([]);

    secondGoes.resolve();
    await second;
    expect(await written()).toEqual(['there']);
  });

  it('do not postpone what the other one has taken over', async () => {
    const [paused, goOn] = [deferred(), deferred()];
    const here = h.processWith([
      noting('pay', async () => {
        paused.resolve();
        await goOn.promise;
        throw new Error('the first owner failed');
      }),
    ]).worker;
    await add('pay');
    const running = here.settle();
    await paused.promise;
    await h.database.knex.raw(`update ??.jobs set lease_owner = 'another'`, [h.database.schema]);

    goOn.resolve();
    await running;

    expect(await h.rows('jobs')).toMatchObject([{ lease_owner: 'another', attempts: 0 }]);
  });
});

describe('a job that takes too long', () => {
  it('counts as failed, and the others go on', async () => {
    const hanging = noting('hanging', () => new Promise(() => {}));
    const fine = noting('fine');
    const { worker } = h.processWith([hanging, fine], { limitMs: 30 });
    await add('hanging');
    await add('fine');

    await worker.settle();

    expect(fine.seen).toHaveLength(1);
    expect(await h.rows('jobs')).toMatchObject([
      { name: 'hanging', attempts: 1, last_error: 'It did not end within 30 ms.' },
    ]);
  });

  it('has no effect when it ends after all', async () => {
    const [goOn, tried] = [deferred(), deferred<unknown>()];
    const slow = noting('slow', async (_payload, { complete }) => {
      await goOn.promise;
      tried.resolve(await complete(writeAudit('slow')).catch((error: unknown) => error));
    });
    const { worker } = h.processWith([slow], { limitMs: 30 });
    await add('slow');
    await worker.settle();

    goOn.resolve();
    await tried.promise;

    expect(await written()).toEqual([]);
    expect(await h.rows('jobs')).toMatchObject([{ name: 'slow', attempts: 1 }]);
  });

  it('gives the rest of its batch back once half of their lease is over', async () => {
    const leases: unknown[] = [];
    const slow = noting('slow', async (key) => {
      leases.push((await h.rows('jobs')).find((row) => row['key'] === key)?.['lease_owner']);
      h.clock.advance('31s');
    });
    const { worker } = h.processWith([slow]);
    for (const key of ['1', '2']) await add('slow', key, key);

    await worker.settle();

    expect(slow.seen).toEqual(['1', '2']);
    expect(new Set(leases).size).toBe(2);
  });
});

describe('the loop', () => {
  it('runs what is added while it sleeps', async () => {
    const ran = deferred();
    const { worker } = h.processWith([noting('greet', async () => ran.resolve())]);
    worker.start();

    await add('greet');

    await ran.promise;
    await worker.stop();
  });

  it('stops after the job that runs, and leaves the next ones free at once', async () => {
    const [running, goOn] = [deferred(), deferred()];
    const slow = noting('slow', async () => {
      running.resolve();
      await goOn.promise;
    });
    const { worker } = h.processWith([slow]);
    await h.database.transaction((tx) =>
      h.jobs.addAll(tx, 'slow', [
        { key: '1', payload: 1 },
        { key: '2', payload: 2 },
      ]),
    );
    worker.start();
    await running.promise;

    const stopped = worker.stop();
    let over = false;
    void stopped.then(() => (over = true));
    await h.rows('jobs');
    expect(over).toBe(false);
    goOn.resolve();
    await stopped;

    expect(slow.seen).toEqual([1]);
    expect(await h.rows('jobs')).toMatchObject([{ key: '2', lease_owner: null, attempts: 0 }]);
  });

  it('feeds subscribers and their jobs in the same call', async () => {
    const { worker, subscriptions } = h.processWith();
    const seen: string[] = [];
    subscriptions.add('*', ({ type }) => void seen.push(type));
    await worker.settle();
    await h.database.transaction((tx) =>
      h.outbox.append(tx, actor, [{ type: 'custom.greeted', objectId: 'x', sequence: 1, object: {} }]),
    );

    await worker.settle();

    expect(seen).toEqual(['custom.greeted']);
  });
});
