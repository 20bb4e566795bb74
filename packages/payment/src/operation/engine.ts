import { canonicalJson, isItPayError, ItPayError } from '@itpay/core';
import {
  dueOperations,
  findOperation,
  insertOperation,
  lockOperation,
  notFound,
  operationsOfPayment,
  queuedOperation,
  saveOperation,
  settle,
  start,
  stillOpen,
  SWEEP_TOPIC,
  type Actor,
  type AuditLog,
  type ChannelRegistry,
  type Clock,
  type Database,
  type Idempotency,
  type IdempotencyKey,
  type Logger,
  type NewEvent,
  type NewOperation,
  type Operation,
  type OperationKind,
  type Outbox,
  type Outcome,
  type PubSub,
  type Queryable,
  type Tx,
} from '@itpay/kernel';
import type { IntentStore } from '../intent/store.js';
import { sha256 } from '../sha256.js';
import { channelActor } from './channel-actor.js';
import { failed } from './failure.js';
import type { Asked, OperationAnswer, OperationHandler } from './handler.js';
import { underWay } from './under-way.js';
import { toPlainOperation } from './wire.js';

const BATCH = 50;
/** How long others leave a question alone that one process is about to ask. */
const QUESTION_LEASE_MS = 60_000;
/** When to look again at what waits for a capture, or a closing, that is under way. */
const RIVAL_MS = 60_000;

export interface EngineDependencies {
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly pubsub: PubSub;
  readonly audit: AuditLog;
  readonly outbox: Outbox;
  readonly idempotency: Idempotency;
  readonly channels: ChannelRegistry;
  readonly store: IntentStore;
}

/**
 * Runs operations at channels in three phases: the row with its reference is committed; the channel is called, with no
 * transaction open; the outcome is applied and committed. Whatever dies in between is found by `sweep`, which asks the
 * channel, and never calls a second time before the channel said that it knows nothing.
 */
export class OperationEngine {
  readonly #deps: EngineDependencies;
  readonly #handlers = new Map<OperationKind, OperationHandler>();
  readonly #inFlight = new Set<string>();
  /** Transactions of this engine's own, and what is to be performed once they have committed. */
  readonly #goingOn = new WeakMap<Tx, { next: Operation | null }>();

  constructor(deps: EngineDependencies) {
    this.#deps = deps;
  }

  /** Says who handles a kind of operation. Once per kind, at start. */
  handle<V>(kind: OperationKind, handler: OperationHandler<V>): void {
    this.#handlers.set(kind, handler);
  }

  /**
   * Runs an operation once per idempotency key, through all phases, and answers as things stand afterwards.
   *
   * @param begin the first phase: checks, writes and returns the started operation (see `begin`), or answers at once when
   *   no call is needed
   */
  async once(
    key: IdempotencyKey | null,
    begin: (tx: Tx) => Promise<Operation | OperationAnswer>,
  ): Promise<OperationAnswer & { readonly replayed: boolean }> {
    const { database, idempotency } = this.#deps;
    const begun = await database.transaction(async (tx): Promise<Begun> => {
      const claim = key && (await idempotency.claim(tx, key));
      if (claim?.verdict === 'replay') return { answer: { ...claim.answer, final: true, replayed: true } };
      if (claim?.verdict === 'resume') return { resume: claim.operationId };
      if (claim?.verdict === 'existing') throw new ItPayError('IDEMPOTENCY_IN_PROGRESS');
      const result = await begin(tx);
      if ('kind' in result) {
        if (key) await idempotency.record(tx, key, result.id);
        return { started: result };
      }
      if (key && result.final) await idempotency.finish(tx, key, result);
      return { answer: { ...result, replayed: false } };
    });
    if ('answer' in begun) return begun.answer;
    const operation = 'resume' in begun ? await this.resume(begun.resume) : await this.perform(begun.started);
    return { ...(await this.answerUnder(key, operation)), replayed: false };
  }

  /** First phase: writes a new operation that this process will perform right after the commit. */
  async begin(tx: Tx, operation: NewOperation): Promise<Operation> {
    const now = this.#deps.clock.now();
    const started = start({ ...queuedOperation(operation, now), unattended: false }, now)!;
    await insertOperation(tx, started);
    return started;
  }

  /** The same for one that was certainly not sent, under its number. The caller has locked the payment. */
  async beginAgain(tx: Tx, operation: Operation): Promise<Operation> {
    const started = start(operation, this.#deps.clock.now());
    if (started === null)
      throw new Error(`The operation ${operation.id} is ${operation.state} and cannot be sent again.`);
    await saveOperation(tx, started);
    return started;
  }

  /** Writes a new operation that a sweep starts after the commit. */
  async queue(tx: Tx, operation: NewOperation): Promise<Operation> {
    const queued = queuedOperation(operation, this.#deps.clock.now());
    await insertOperation(tx, queued);
    tx.afterCommit(() => this.#deps.pubsub.publish(SWEEP_TOPIC, queued.id));
    return queued;
  }

  /**
   * Writes the operation that takes the place of one that came to nothing. Whoever learned that goes on with it after the
   * commit, in the same process; in a transaction that is not the engine's it is queued.
   */
  async beginNext(tx: Tx, operation: NewOperation, replaced: Operation): Promise<void> {
    const goingOn = this.#goingOn.get(tx);
    if (goingOn === undefined) {
      await this.queue(tx, operation);
      return;
    }
    const now = this.#deps.clock.now();
    goingOn.next = start({ ...queuedOperation(operation, now), unattended: replaced.unattended }, now)!;
    await insertOperation(tx, goingOn.next);
  }

  /** Second and third phase of an operation that this process has started, and of those that take its place. */
  async perform(operation: Operation): Promise<Operation> {
    // Who slept for that long may find that another process took it over.
    if (operation.leaseExpiresAt! <= this.#deps.clock.now()) return this.find(operation.id);
    const outcome = await this.#call(operation);
    return this.#thenGoOn((tx) => this.concludeIn(tx, operation.id, outcome, channelActor(operation), operation));
  }

  // What the handler cannot explain may have happened; a channel that is not configured was certainly not called.
  async #call(operation: Operation): Promise<Outcome<unknown>> {
    try {
      return await this.#handlerOf(operation).call(operation);
    } catch (error) {
      if (isItPayError(error) && error.code === 'CHANNEL_UNAVAILABLE') return failed({ category: 'not_connected' });
      this.#deps.logger.error({ err: error, operation: operation.id }, 'A channel call failed in our own code.');
      return failed({ category: 'unmapped' });
    }
  }

  /** Continues an operation whose caller came back: never by calling again before the channel was asked. */
  async resume(id: string): Promise<Operation> {
    const operation = await this.find(id);
    switch (operation.state) {
      case 'queued':
      case 'not_sent':
        return this.#startAndPerform(operation);
      case 'started':
        if (operation.leaseExpiresAt! > this.#deps.clock.now()) throw new ItPayError('IDEMPOTENCY_IN_PROGRESS');
        return this.#askThenSend(await this.#abandon(operation));
      case 'unknown':
      case 'pending':
        return this.#askThenSend(operation);
      default:
        return operation;
    }
  }

  // Whoever repeats a request wants it done: when the channel says that nothing happened, it is sent after all.
  async #askThenSend(operation: Operation): Promise<Operation> {
    const asked = await this.askNow(operation);
    return asked.state === 'not_sent' ? this.#startAndPerform(asked) : asked;
  }

  /** Third phase: applies an outcome, from wherever it came. One that says nothing new changes nothing. */
  async conclude(id: string, outcome: Outcome<unknown>, actor: Actor): Promise<Operation> {
    return this.#thenGoOn((tx) => this.concludeIn(tx, id, outcome, actor));
  }

  async #thenGoOn(work: (tx: Tx) => Promise<Operation>): Promise<Operation> {
    const goingOn: { next: Operation | null } = { next: null };
    const concluded = await this.#deps.database.transaction((tx) => {
      this.#goingOn.set(tx, goingOn);
      return work(tx);
    });
    return goingOn.next === null ? concluded : this.perform(goingOn.next);
  }

  /**
   * The same in a transaction of the caller's.
   *
   * @param about the operation as it was when it was called, or asked about
   */
  async concludeIn(
    tx: Tx,
    id: string,
    outcome: Outcome<unknown>,
    actor: Actor,
    about: Operation | null = null,
  ): Promise<Operation> {
    const { operation, isNews } = await this.#apply(tx, id, outcome, actor, about);
    if (isNews) await this.#storeAnswer(tx, operation);
    return operation;
  }

  /**
   * The same, where the news says more than the outcome: a payment proves that its order exists. `more` is written before
   * the answer to the order is stored, which tells of all of it then.
   */
  async concludeWith<T>(
    tx: Tx,
    id: string,
    outcome: Outcome<unknown>,
    actor: Actor,
    more: () => Promise<T>,
  ): Promise<T> {
    const { operation, isNews } = await this.#apply(tx, id, outcome, actor, null);
    const result = await more();
    if (isNews) await this.#storeAnswer(tx, operation);
    return result;
  }

  async #apply(
    tx: Tx,
    id: string,
    outcome: Outcome<unknown>,
    actor: Actor,
    about: Operation | null,
  ): Promise<{ readonly operation: Operation; readonly isNews: boolean }> {
    const operation = await this.lock(tx, id);
    // It was sent again since: that one attempt came to nothing says nothing about the next.
    if (outcome.outcome === 'not_sent' && about !== null && !isSameAttempt(about, operation)) {
      return { operation, isNews: false };
    }
    const settled = settle(operation, outcome, this.#deps.clock.now());
    if (settled === null) return { operation, isNews: false };
    await saveOperation(tx, settled);
    await this.#record(tx, actor, operation, settled);
    await this.#handlerOf(settled).apply(tx, actor, settled, outcome);
    return { operation: settled, isNews: true };
  }

  async #storeAnswer(tx: Tx, operation: Operation): Promise<void> {
    const answer = await this.answer(operation, tx);
    if (answer.final) await this.#deps.idempotency.finishOf(tx, operation.id, answer);
  }

  /** Asks the channel now, and applies what it says. */
  async askNow(operation: Operation): Promise<Operation> {
    const asked = await this.#handlerOf(operation).ask(operation);
    return this.#thenGoOn((tx) => this.#hear(tx, operation, asked));
  }

  /**
   * What a request under a key is answered once its operation was worked on. A stored answer wins: while this process slept,
   * another one may have taken the operation over and answered, and things have gone on since.
   */
  async answerUnder(key: IdempotencyKey | null, operation: Operation): Promise<OperationAnswer> {
    const used = key && (await this.#deps.idempotency.find(this.#deps.database, key));
    return used?.verdict === 'replay' ? { ...used.answer, final: true } : this.answer(operation);
  }

  answer(operation: Operation, on: Queryable = this.#deps.database): Promise<OperationAnswer> {
    return this.#handlerOf(operation).answer(on, operation);
  }

  /**
   * Refuses a money operation while another one of the payment has an unknown outcome; that one is asked about first.
   *
   * @throws ItPayError `OUTCOME_UNKNOWN`
   */
  async requireSettled(paymentIntentId: string): Promise<void> {
    for (const operation of await operationsOfPayment(this.#deps.database, paymentIntentId)) {
      if (operation.state !== 'unknown') continue;
      const asked = await this.askNow(operation);
      if (asked.state === 'unknown') throw outcomeUnknown(asked, this.#deps.clock.now());
    }
  }

  /**
   * Takes up what is queued, left behind, or due for a question. Any number of processes may do so at once. What an
   * earlier call still waits for is left alone, so a channel that hangs holds up nothing else.
   *
   * @returns whether there was anything to do
   */
  async sweep(): Promise<boolean> {
    const now = this.#deps.clock.now();
    const due = await dueOperations(this.#deps.database, now, BATCH + this.#inFlight.size);
    const fresh = due.filter(({ id }) => !this.#inFlight.has(id));
    await Promise.all(fresh.map((operation) => this.#takeUp(operation, now)));
    return fresh.length > 0;
  }

  async find(id: string, on: Queryable = this.#deps.database): Promise<Operation> {
    const operation = await findOperation(on, id);
    if (operation === null)
      throw new ItPayError('OPERATION_NOT_FOUND', { param: 'id', details: { object: 'operation', id } });
    return operation;
  }

  /** The payment first, then the operation: everybody locks in this order. */
  async lock(tx: Tx, id: string): Promise<Operation> {
    const { paymentIntentId } = await this.find(id, tx);
    await this.#deps.store.lockAny(tx, paymentIntentId);
    return (await lockOperation(tx, id))!;
  }

  async #takeUp(operation: Operation, now: Date): Promise<void> {
    this.#inFlight.add(operation.id);
    try {
      if (operation.state === 'queued' || operation.state === 'not_sent') await this.#startAndPerform(operation);
      else if (operation.state === 'started') await this.#abandon(operation);
      else if (await this.#claimQuestion(operation, now)) await this.askNow(operation);
    } catch (error) {
      this.#deps.logger.error({ err: error, operation: operation.id }, 'An operation could not be continued.');
    } finally {
      this.#inFlight.delete(operation.id);
    }
  }

  async #startAndPerform(operation: Operation): Promise<Operation> {
    const taken = await this.#deps.database.transaction(async (tx) => {
      const current = await this.lock(tx, operation.id);
      // Another process may have been faster.
      if (current.state !== operation.state) return { mine: false, operation: current };
      if (current.state === 'not_sent' && (await this.#hasRival(tx, current))) {
        await this.#putOff(tx, current);
        return { mine: false, operation: current };
      }
      const started = start(current, this.#deps.clock.now())!;
      await saveOperation(tx, started);
      if (await this.#handlerOf(started).wanted(tx, started)) return { mine: true, operation: started };
      const ended = await this.concludeIn(tx, started.id, failed({ category: 'expired' }), channelActor(started));
      return { mine: false, operation: ended };
    });
    return taken.mine ? this.perform(taken.operation) : taken.operation;
  }

  // Capture and closing exclude each other, also when one that came to nothing is to be sent again.
  async #hasRival(tx: Tx, { kind, paymentIntentId }: Operation): Promise<boolean> {
    return (kind === 'capture' || kind === 'cancel') && (await underWay(tx, paymentIntentId)) !== null;
  }

  async #putOff(tx: Tx, operation: Operation): Promise<void> {
    if (operation.nextQueryAt === null) return;
    const nextQueryAt = new Date(this.#deps.clock.now().getTime() + RIVAL_MS);
    await saveOperation(tx, { ...operation, nextQueryAt });
  }

  // Its process died between the commit of the row and the commit of the outcome: it may have happened.
  async #abandon(operation: Operation): Promise<Operation> {
    return this.#deps.database.transaction(async (tx) => {
      const current = await this.lock(tx, operation.id);
      const expired = current.leaseExpiresAt !== null && current.leaseExpiresAt <= this.#deps.clock.now();
      if (current.state !== 'started' || !expired) return current;
      const outcome = { outcome: 'unknown', failure: { category: 'unmapped' } } as const;
      return this.concludeIn(tx, current.id, outcome, channelActor(current));
    });
  }

  // Moves the question on before asking, so that no other process asks the same a moment later.
  async #claimQuestion(operation: Operation, now: Date): Promise<boolean> {
    return this.#deps.database.transaction(async (tx) => {
      const current = await this.lock(tx, operation.id);
      if (current.nextQueryAt === null || current.nextQueryAt > now) return false;
      await saveOperation(tx, { ...current, nextQueryAt: new Date(now.getTime() + QUESTION_LEASE_MS) });
      return true;
    });
  }

  async #hear(tx: Tx, asked: Operation, answer: Asked<unknown>): Promise<Operation> {
    const actor = channelActor(asked);
    const current = await this.lock(tx, asked.id);
    const now = this.#deps.clock.now();
    if (answer.kind === 'news') {
      await answer.apply(tx, actor);
      return this.find(asked.id, tx);
    }
    if (answer.kind === 'outcome' && settle(current, answer.outcome, now) !== null) {
      return this.concludeIn(tx, asked.id, answer.outcome, actor, asked);
    }
    if (!isSameAttempt(asked, current)) return current;
    if (answer.kind === 'not_found' && current.state === 'unknown') {
      const verdict = notFound(current, this.#notFoundIsFinal(current), now);
      if (!verdict.agreed) return this.#postpone(tx, verdict.operation, now);
      const outcome = { outcome: 'not_sent', failure: { category: 'not_processed' } } as const;
      return this.concludeIn(tx, current.id, outcome, actor);
    }
    return this.#postpone(tx, current, now);
  }

  async #postpone(tx: Tx, operation: Operation, now: Date): Promise<Operation> {
    const postponed = stillOpen(operation, now);
    await saveOperation(tx, postponed);
    if (postponed.operatorRequired && !operation.operatorRequired) {
      await this.#publish(tx, channelActor(operation), 'operation.operator_required', postponed);
    }
    return postponed;
  }

  async #record(tx: Tx, actor: Actor, before: Operation, after: Operation): Promise<void> {
    await this.#deps.audit.append(tx, actor, [
      {
        action: `operation.${after.kind}`,
        objectId: after.id,
        fromState: before.state,
        toState: after.state,
        evidenceDigest: sha256(canonicalJson([after.reference, after.state, after.failure])),
      },
    ]);
    if (after.state === 'unknown') await this.#publish(tx, actor, 'operation.unknown', after);
    else if (before.state === 'unknown') await this.#publish(tx, actor, 'operation.resolved', after);
  }

  async #publish(tx: Tx, actor: Actor, type: NewEvent['type'], operation: Operation): Promise<void> {
    await this.#deps.outbox.append(tx, actor, [{ type, objectId: operation.id, object: toPlainOperation(operation) }]);
  }

  #notFoundIsFinal({ channelInstance }: Operation): boolean {
    return this.#deps.channels.byKey(channelInstance)?.capabilities.includes('not_found_is_final') ?? false;
  }

  #handlerOf({ kind }: Operation): OperationHandler {
    const handler = this.#handlers.get(kind);
    if (handler === undefined) throw new Error(`Nothing handles operations of the kind "${kind}".`);
    return handler;
  }
}

/** Whether nothing happened to an operation since: it was not taken over, and not sent again. */
function isSameAttempt(before: Operation, now: Operation): boolean {
  const at = ({ state, leaseExpiresAt, unknownSince }: Operation) =>
    [state, leaseExpiresAt?.getTime(), unknownSince?.getTime()].join();
  return at(before) === at(now);
}

/** What the first phase came to. */
type Begun =
  | { readonly answer: OperationAnswer & { readonly replayed: boolean } }
  | { readonly resume: string }
  | { readonly started: Operation };

function outcomeUnknown(operation: Operation, now: Date): ItPayError {
  const { id, kind, nextQueryAt } = operation;
  const waitMs = nextQueryAt === null ? 3_600_000 : nextQueryAt.getTime() - now.getTime();
  return new ItPayError('OUTCOME_UNKNOWN', {
    message: `The outcome of ${id} (${kind}) is not known yet. Query; do not pay again.`,
    details: { object: 'operation', id, kind, retry_after: Math.max(1, Math.ceil(waitMs / 1_000)) },
  });
}
