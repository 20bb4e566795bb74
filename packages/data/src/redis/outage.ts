import type { LogFields, Logger } from '@itpay/kernel';

/** Says once that something is away, however often it is noticed, and once that it is back. */
export class Outage {
  readonly #logger: Logger;
  readonly #fields: LogFields;
  #away = false;

  constructor(logger: Logger, fields: LogFields) {
    this.#logger = logger;
    this.#fields = fields;
  }

  began(reason: string): void {
    if (this.#away) return;
    this.#away = true;
    this.#logger.warn(
      { ...this.#fields, reason },
      'Redis is away. Everything goes on without it, and it is tried again.',
    );
  }

  ended(): void {
    if (!this.#away) return;
    this.#away = false;
    this.#logger.info(this.#fields, 'Redis is back.');
  }
}
