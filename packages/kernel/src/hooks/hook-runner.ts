import { isItPayError, ItPayError } from '@itpay/core';
import type { Tx } from '../ports/database.js';
import type { Logger } from '../ports/logger.js';
import { token, type Token } from '../token.js';
import { HOOK_POINTS, veto, type Hook, type HookAdvice, type HookPoint, type HookSubject } from './hook.js';

const BUDGET_MS = 2_000;

/** Calls the hooks of a point, in plugin order. The first veto ends it. */
export class HookRunner {
  static readonly token: Token<HookRunner> = token<HookRunner>('hook-runner');

  readonly #logger: Logger;
  readonly #hooks: ReadonlyMap<HookPoint, readonly Hook[]>;

  /** @throws ItPayError `CONFIGURATION_INVALID` for a point that does not exist, and for a name that is taken */
  constructor(hooks: readonly Hook[], logger: Logger) {
    const names = new Set<string>();
    for (const { name, on } of hooks) {
      if (!HOOK_POINTS.includes(on))
        throw invalid(`The hook "${name}" stands at "${on}". Use one of ${HOOK_POINTS.join(', ')}.`);
      if (names.size === names.add(name).size) throw invalid(`Two hooks are named "${name}". Give each its own name.`);
    }
    this.#hooks = new Map(HOOK_POINTS.map((point) => [point, hooks.filter(({ on }) => on === point)]));
    this.#logger = logger;
  }

  /** Whether anybody has a say at this point, in this phase. Without hooks nothing is called, and nothing costs. */
  has(at: HookPoint, phase: 'before' | 'within'): boolean {
    return this.#hooks.get(at)!.some((hook) => hook[phase] !== undefined);
  }

  /**
   * Before anything is written. No transaction may be open.
   *
   * @returns what the hooks add; of two that name the same metadata, the first counts
   * @throws ItPayError `OPERATION_VETOED`
   */
  async before(subject: HookSubject): Promise<HookAdvice> {
    let advice: HookAdvice = {};
    for (const hook of this.#hooks.get(subject.point)!) {
      if (hook.before === undefined) continue;
      const added = await this.#ask(hook, subject);
      advice = {
        ...((advice.channels ?? added.channels) && { channels: advice.channels ?? added.channels }),
        ...((advice.metadata ?? added.metadata) && { metadata: { ...added.metadata, ...advice.metadata } }),
      };
    }
    return advice;
  }

  /**
   * In the transaction that writes `object`.
   *
   * @throws whatever a hook throws, so that everything is rolled back
   */
  async within(tx: Tx, subject: HookSubject, object: object): Promise<void> {
    for (const hook of this.#hooks.get(subject.point)!) {
      try {
        await hook.within?.({ ...subject, object: object as Record<string, unknown> }, tx);
      } catch (error) {
        throw named(error, hook);
      }
    }
  }

  async #ask(hook: Hook, subject: HookSubject): Promise<HookAdvice> {
    const controller = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const timeUp = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(new Error(`The hook took longer than ${BUDGET_MS} ms.`));
        controller.abort();
      }, BUDGET_MS);
    });
    try {
      const asked = (async () => hook.before!(subject, { signal: controller.signal }))();
      return (await Promise.race([asked, timeUp])) ?? {};
    } catch (error) {
      if (isVeto(error)) throw named(error, hook);
      const allowed = hook.onError === 'allow';
      this.#logger.error(
        { err: error, hook: hook.name, point: hook.on, allowed },
        'A hook failed before it had decided.',
      );
      if (allowed) return {};
      throw named(veto('hook_failed', 'A check of this installation could not be made. Try again later.'), hook);
    } finally {
      clearTimeout(timer);
    }
  }
}

const isVeto = (error: unknown): error is ItPayError => isItPayError(error) && error.code === 'OPERATION_VETOED';

/** A veto says whose it is; other errors stay what they are. */
function named(error: unknown, { name }: Hook): unknown {
  if (!isVeto(error)) return error;
  return new ItPayError('OPERATION_VETOED', { message: error.message, details: { ...error.details, hook: name } });
}

const invalid = (message: string) => new ItPayError('CONFIGURATION_INVALID', { message, param: 'plugins' });
