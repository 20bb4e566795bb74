import type { Logger, Tx } from '@itpay/kernel';
import type { Knex } from '../knex.js';
import { lastCommand, type RawConnection } from './last-command.js';

/** Runs a statement on a given connection. */
export type RunOn = (connection: RawConnection, ...query: Parameters<Tx['query']>) => Promise<unknown[]>;

export interface Joined {
  readonly tx: Tx;
  /** Resolves when the transaction has ended and its effects ran: true if its rows are there to stay. */
  readonly committed: Promise<boolean>;
}

/** A knex transaction as a `Tx`: our statements run on its connection, effects wait for the outermost COMMIT. */
export async function joinTransaction(trx: Knex.Transaction, run: RunOn, logger?: Logger): Promise<Joined> {
  const connection = (await trx.client.acquireConnection()) as RawConnection;
  const effects: (() => void)[] = [];

  const committed = hasCommitted(trx, connection).then((yes) => {
    if (yes) for (const effect of effects) runEffect(effect, logger);
    return yes;
  });

  const tx: Tx = {
    trx,
    query: inTurn(async (statement, params) => {
      // Its connection is back in the pool by now, maybe in somebody else's transaction.
      if (trx.isCompleted()) throw new Error(`Statement "${statement.name}" came after its transaction had ended.`);
      return run(connection, statement, params);
    }) as Tx['query'],
    afterCommit: (effect) => void effects.push(effect),
  };
  return { tx, committed };
}

type Query = (...query: Parameters<Tx['query']>) => Promise<unknown[]>;

// A connection does one thing at a time. pg has a queue for that, and warns that it will lose it in version 9.
function inTurn(query: Query): Query {
  let last: Promise<unknown[]> | null = null;
  return (...args) => {
    const start = () => query(...args);
    const mine = last ? last.then(start, start) : start();
    last = mine;
    const done = () => void (last === mine && (last = null));
    mine.then(done, done);
    return mine;
  };
}

/**
 * A nested transaction is a savepoint, so each level up to the outermost one has to succeed. `lastCommand` is read in the
 * microtasks that follow the server's answer, before the connection can carry anything else.
 */
async function hasCommitted(trx: Knex.Transaction, connection: RawConnection): Promise<boolean> {
  const tag = lastCommand(connection);
  for (let level: Knex.Transaction | undefined = trx; level; level = level.parentTransaction) {
    try {
      await level.executionPromise;
    } catch {
      return false;
    }
    if (tag.last !== (level.parentTransaction ? 'RELEASE' : 'COMMIT')) return false;
  }
  return true;
}

function runEffect(effect: () => void, logger?: Logger): void {
  try {
    effect();
  } catch (error) {
    // The commit stands; what an effect does (a wake-up, a cache) is repeated by whoever polls.
    if (logger) logger.error({ err: error }, 'An effect after a commit threw.');
    else process.emitWarning(`An effect after a commit threw: ${String(error)}`, 'ItPayWarning');
  }
}
