import { beforeEach, describe, expect, it } from 'vitest';
import { actor, deferred, house } from '../../../../test/support/kernel.js';
import { backend } from '../../../../test/support/database.js';
import type { Tx } from '../ports/database.js';
import type { EventHandler, LogReader } from './subscriptions.js';

let h: Awaited<ReturnType<typeof house>>;
beforeEach(async () => {
  h = await house();
});

const happen = (type: `custom.${string}` | 'payment_intent.created', objectId = 'o', sequence = 1) =>
  h.database.transaction((tx) => h.outbox.append(tx, actor, [{ type, objectId, sequence, object: { n: sequence } }]));

function listener(run: EventHandler = () => {}): { handler: EventHandler; seen: string[] } {
  const seen: string[] = [];
  const handler: EventHandler = async (event, context) => {
    seen.push(`${event.type} ${event.sequence}`);
    await run(event, context);
  };
  return { handler, seen };
}

/** A row of the host, written through `trx`. */
const writeTo = (trx: Parameters<EventHandler>[1]['trx'], name: string) =>
  trx.raw('insert into ??.accounts (id, name, created_at) values (?, ?, now())', [h.database.schema, name, name]);

describe('a subscriber', () => {
  it.each([
    ['*', ['custom.a 1', 'custom.ab 1', 'payment_intent.created 1']],
    ['custom.*', ['custom.a 1', 'custom.ab 1']],
    ['custom.a', ['custom.a 1']],
    ['custom.a*', ['custom.a 1', 'custom.ab 1']],
    ['payment_intent.*', ['payment_intent.created 1']],
    ['payment_intent.succeeded', []],
  ])('to %s receives what it asked for', async (pattern, expected) => {
    const { worker, subscriptions } = h.processWith();
    const { handler, seen } = listener();
    subscriptions.add(pattern, handler);
    await worker.settle();

    await happen('custom.a', '1');
    await happen('custom.ab', '2');
    await happen('payment_intent.created', '3');
    await worker.settle();

    expect(seen).toEqual(expected);
  });

  it('receives the envelope as the world sees it', async () => {
    const { worker, subscriptions } = h.processWith();
    const received: unknown[] = [];
    subscriptions.add('*', (event) => void received.push(event));
    await worker.settle();

    await happen('custom.a', 'o', 3);
    await worker.settle();

    expect(received).toEqual([
      {
        id: expect.stringMatching(/^evt_/),
        type: 'custom.a',
        timestamp: '2025-01-01T00:00:00.000Z',
        api_version: expect.any(String),
        livemode: false,
        account: 'm_shop',
        sequence: 3,
        data: { object: { n: 3 } },
      },
    ]);
  });

  it('starts at the end of the log', async () => {
    const { worker, subscriptions } = h.processWith();
    await happen('custom.past');
    await worker.settle();
    const { handler, seen } = listener();

    subscriptions.add('*', handler);
    await worker.settle();
    await happen('custom.now', 'p');
    await worker.settle();

    expect(seen).toEqual(['custom.now 1']);
  });

  it('receives what happened while the process was away', async () => {
    const before = h.processWith();
    before.subscriptions.add('*', () => {});
    await before.worker.settle();
    await happen('custom.meanwhile');

    const after = h.processWith();
    const { handler, seen } = listener();
    after.subscriptions.add('*', handler);
    await after.worker.settle();

    expect(seen).toEqual(['custom.meanwhile 1']);
  });

  it('receives what happens right after it was added, also while fresh events get their places', async () => {
    const { handler, seen } = listener();
    const meanwhile = {
      ...h.database,
      transaction: async (work: Parameters<typeof h.database.transaction>[0]) => {
        if (seen.length === 0 && subscriptions.jobs().length === 0) {
          subscriptions.add('*', handler);
          await happen('custom.now');
        }
        return h.database.transaction(work);
      },
    } as typeof h.database;
    const { subscriptions, worker } = h.processWith([], { on: meanwhile });
    await happen('custom.before', 'p');

    await worker.settle();

    expect(seen).toContain('custom.now 1');
  });

  it('receives hundreds of events, each once', async () => {
    const { worker, subscriptions } = h.processWith();
    const { handler, seen } = listener();
    subscriptions.add('*', handler);
    await worker.settle();
    await h.database.transaction((tx) =>
      h.outbox.append(
        tx,
        actor,
        Array.from({ length: 230 }, (_, n) => ({ type: 'custom.a' as const, objectId: 'o', sequence: n, object: {} })),
      ),
    );

    await worker.settle();

    expect(seen).toEqual(Array.from({ length: 230 }, (_, n) => `custom.a ${n}`));
  });

  it('that the process does not have is left to processes that have it', async () => {
    const mail = h.processWith();
    const { handler, seen } = listener();
    mail.subscriptions.add('*', handler, 'mail');
    await mail.worker.settle();
    await happen('custom.a');
    await mail.subscriptions.relay();
    const web = h.processWith([], { on: h.elsewhere });
    web.subscriptions.add('*', () => {}, 'web');

    await web.worker.settle();
    expect(await h.rows('jobs')).toMatchObject([{ name: 'event.deliver:mail', attempts: 0 }]);

    await mail.worker.settle();
    expect(seen).toEqual(['custom.a 1']);
  });
});

describe('two subscribers', () => {
  it('both receive an event, each in its own time', async () => {
    const { worker, subscriptions } = h.processWith();
    const [mail, stock] = [listener(), listener()];
    subscriptions.add('*', mail.handler, 'mail');
    subscriptions.add('custom.*', stock.handler, 'stock');
    await worker.settle();

    await happen('custom.a');
    await worker.settle();

    expect([mail.seen, stock.seen]).toEqual([['custom.a 1'], ['custom.a 1']]);
  });

  it.each([
    ['the same name', () => ['*', 'mail', 'custom.*', 'mail']],
    ['the same pattern and no name', () => ['*', undefined, '*', undefined]],
  ])('cannot have %s', (_what, names) => {
    const { subscriptions } = h.processWith();
    const [first, firstName, second, secondName] = names();
    subscriptions.add(first!, () => {}, firstName);

    expect(() => subscriptions.add(second!, () => {}, secondName)).toThrow(
      expect.objectContaining({ code: 'CONFIGURATION_INVALID', param: 'name' }),
    );
  });

  it.each(['*.created', 'payment_intent.*.x', '**'])('cannot ask for %s', (pattern) => {
    const { subscriptions } = h.processWith();

    expect(() => subscriptions.add(pattern, () => {})).toThrow(
      expect.objectContaining({ code: 'CONFIGURATION_INVALID', param: 'pattern' }),
    );
  });
});

describe('a handler', () => {
  it('that throws is called again later, and other events do not wait for it', async () => {
    const { worker, subscriptions } = h.processWith();
    let broken = true;
    const { handler, seen } = listener((event) => {
      if (broken && event.type === 'custom.bad') throw new Error('not now');
    });
    subscriptions.add('*', handler);
    await worker.settle();
    await happen('custom.bad', 'bad');
    await happen('custom.good', 'good');

    await worker.settle();
    expect(seen).toEqual(['custom.bad 1', 'custom.good 1']);
    expect(await h.rows('jobs')).toMatchObject([{ attempts: 1, last_error: 'not now' }]);

    h.clock.advance('999ms');
    await worker.settle();
    expect(seen).toHaveLength(2);

    broken = false;
    h.clock.advance('1ms');
    await worker.settle();
    expect(seen).toEqual(['custom.bad 1', 'custom.good 1', 'custom.bad 1']);
    expect(await h.rows('jobs')).toEqual([]);
  });

  it('has its writes committed together with the note that the event was handled', async () => {
    const { worker, subscriptions } = h.processWith();
    let attempts = 0;
    subscriptions.add('*', async (_event, { trx }) => {
      await writeTo(trx, `attempt ${(attempts += 1)}`);
      if (attempts === 1) throw new Error('after the write');
    });
    await worker.settle();
    await happen('custom.a');

    await worker.settle();
    expect(await h.rows('accounts')).toEqual([]);

    h.clock.advance('1s');
    await worker.settle();
    expect(await h.rows('accounts')).toMatchObject([{ name: 'attempt 2' }]);
  });

  it('that swallows the error of its own statement is called again', async () => {
    const { worker, subscriptions } = h.processWith();
    subscriptions.add('*', async (_event, { trx }) => {
      await trx.raw('select 1 from nowhere').catch(() => {});
    });
    await worker.settle();
    await happen('custom.a');

    await worker.settle();

    expect(await h.rows('jobs')).toMatchObject([
      { attempts: 1, last_error: expect.stringContaining('its error was swallowed') },
    ]);
  });

  it('may cause further events', async () => {
    const { worker, subscriptions } = h.processWith();
    const { handler, seen } = listener(async (event, { trx }) => {
      if (event.type !== 'custom.a') return;
      await h.outbox.append(await h.database.enlist(trx), actor, [
        { type: 'custom.b', objectId: 'b', sequence: 1, object: {} },
      ]);
    });
    subscriptions.add('*', handler);
    await worker.settle();
    await happen('custom.a');

    await worker.settle();

    expect(seen).toEqual(['custom.a 1', 'custom.b 1']);
  });

  if (backend() === 'pglite') {
    it('that forgets to pass trx on is told so, instead of waiting for itself', async () => {
      const { worker, subscriptions } = h.processWith();
      subscriptions.add('*', async () => {
        await happen('custom.inside', 'inside');
      });
      await worker.settle();
      await happen('custom.a');

      await worker.settle();

      const [job] = await h.rows('jobs');
      expect(job).toMatchObject({ attempts: 1, last_error: expect.stringContaining('trx') });
    });
  }
});

describe('two processes with the same subscriber', () => {
  it('deliver each event once', async () => {
    const [here, there] = [listener(), listener()];
    const one = h.processWith();
    const two = h.processWith([], { on: h.elsewhere });
    one.subscriptions.add('*', here.handler);
    two.subscriptions.add('*', there.handler);
    await one.worker.settle();
    for (let n = 0; n < 30; n += 1) await happen('custom.a', 'o', n);

    await Promise.all([one.worker.settle(), two.worker.settle()]);
    await one.worker.settle();

    expect([...here.seen, ...there.seen].toSorted()).toEqual(
      Array.from({ length: 30 }, (_, n) => `custom.a ${n}`).toSorted(),
    );
  });

  if (backend() === 'postgres') {
    it('do not wait for each other, nor turn the same events into jobs', async () => {
      const { subscriptions, worker } = h.processWith();
      const { handler, seen } = listener();
      subscriptions.add('*', handler);
      await worker.settle();
      const [locked, goOn] = [deferred(), deferred()];
      const other = h.elsewhere.transaction(async (tx) => {
        await tx.trx.raw('select * from ??.event_subscribers for update', [h.database.schema]);
        locked.resolve();
        await goOn.promise;
      });
      await locked.promise;
      await happen('custom.a');

      await worker.settle();
      expect(await h.rows('jobs')).toEqual([]);

      goOn.resolve();
      await other;
      await worker.settle();
      expect(seen).toEqual(['custom.a 1']);
    });

    it('miss no event whose transaction commits late', async () => {
      const { worker, subscriptions } = h.processWith();
      const { handler, seen } = listener();
      subscriptions.add('*', handler);
      await worker.settle();
      const [written, goOn] = [deferred(), deferred()];
      const late = h.elsewhere.transaction(async (tx) => {
        await h.outbox.append(tx, actor, [{ type: 'custom.late', objectId: 'late', sequence: 1, object: {} }]);
        written.resolve();
        await goOn.promise;
      });
      await written.promise;
      await happen('custom.early');
      await worker.settle();
      expect(seen).toEqual(['custom.early 1']);

      goOn.resolve();
      await late;
      await worker.settle();

      expect(seen).toEqual(['custom.early 1', 'custom.late 1']);
    });
  }
});

describe('a reader of the log', () => {
  const readerInto = (seen: string[], work: (tx: Tx) => Promise<void> = async () => {}): LogReader => ({
    name: 'reader',
    read: async (tx, events) => {
      await work(tx);
      seen.push(...events.map(({ type }) => type));
    },
  });

  it('takes every event once, also when two processes have it', async () => {
    const seen: string[] = [];
    const [one, other] = [
      h.processWith([], { readers: [readerInto(seen)] }),
      h.processWith([], { readers: [readerInto(seen)] }),
    ];
    await one.worker.settle();

    await happen('custom.a', '1');
    await happen('custom.b', '2');
    await Promise.all([one.worker.settle(), other.worker.settle()]);

    expect(seen).toEqual(['custom.a', 'custom.b']);
  });

  it('takes them again when what it writes cannot be committed', async () => {
    const seen: string[] = [];
    let failing = true;
    const { worker, subscriptions } = h.processWith([], {
      readers: [
        readerInto(seen, async () => {
          if (failing) throw new Error('not now');
        }),
      ],
    });
    await worker.settle();
    await happen('custom.a', '1');

    await expect(subscriptions.relay()).rejects.toThrow('not now');
    failing = false;
    await worker.settle();

    expect(seen).toEqual(['custom.a']);
  });
});
