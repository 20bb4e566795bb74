import { apiOver, type Api } from './api.js';
import type { PaymentIntent } from './api-types.js';
import * as resources from './resources.js';
import { readOptions, type ItPayOptions } from './settings.js';
import { Transport, type RequestOptions, type Resumed } from './transport.js';
import type { WaitOptions } from './wait.js';
import { Consumer, type ConsumerOptions } from './webhooks/consumer.js';
import type { AnyEvent, TruncatedObject } from './webhooks/event.js';
import { verifyWebhook, type HeadersLike } from './webhooks/verify.js';

type Resource<K extends keyof typeof resources> = ReturnType<(typeof resources)[K]>;

/**
 * The API of an ItPay installation. Objects and parameters have the names of the wire (`amount_captured`), as the
 * documentation and the events show them; methods and options of this package are in camelCase.
 *
 * Every method that calls the API throws `ItPayApiError` when it refuses, and `ItPayConnectionError` or `ItPayTimeoutError`
 * when there is no answer. Writes carry an idempotency key, and are repeated with it.
 */
export class ItPay {
  readonly paymentIntents: Resource<'paymentIntents'>;
  readonly qr: Resource<'qr'>;
  readonly refunds: Resource<'refunds'>;
  readonly voids: Resource<'voids'>;
  readonly inflows: Resource<'inflows'>;
  readonly operations: Resource<'operations'>;
  readonly statements: Resource<'statements'>;
  readonly reconciliations: Resource<'reconciliations'>;
  readonly reports: Resource<'reports'>;
  readonly refundFiles: Resource<'refundFiles'>;
  readonly channels: Resource<'channels'>;
  readonly events: Resource<'events'>;
  readonly webhookEndpoints: Resource<'webhookEndpoints'>;
  readonly apiKeys: Resource<'apiKeys'>;
  readonly auditLog: Resource<'auditLog'>;
  readonly testHelpers: Resource<'testHelpers'>;
  readonly webhooks: Webhooks;
  /** Calls any route, also one that has no method here. */
  readonly request: Api['request'];
  /** Reads any list. */
  readonly list: Api['list'];
  readonly #transport: Transport;

  /** @throws TypeError that names the option that is missing or wrong */
  constructor(options: ItPayOptions = {}) {
    const settings = readOptions(options);
    this.#transport = new Transport(settings);
    const api = apiOver(this.#transport);
    this.request = api.request;
    this.list = api.list;
    this.paymentIntents = resources.paymentIntents(api, settings);
    this.qr = resources.qr(api);
    this.refunds = resources.refunds(api);
    this.voids = resources.voids(api);
    this.inflows = resources.inflows(api);
    this.operations = resources.operations(api);
    this.statements = resources.statements(api);
    this.reconciliations = resources.reconciliations(api);
    this.reports = resources.reports(api);
    this.refundFiles = resources.refundFiles(api);
    this.channels = resources.channels(api);
    this.events = resources.events(api);
    this.webhookEndpoints = resources.webhookEndpoints(api);
    this.apiKeys = resources.apiKeys(api);
    this.auditLog = resources.auditLog(api);
    this.testHelpers = resources.testHelpers(api);

    const verify: Webhooks['verify'] = (rawBody, headers) =>
      verifyWebhook(rawBody, headers, {
        secrets: settings.webhookSecrets,
        privateKeys: settings.webhookPrivateKeys,
        now: settings.runtime.now(),
      });
    this.webhooks = {
      verify,
      consumer: (consumerOptions) =>
        new Consumer(
          {
            verify,
            eventsAfter: (cursor, requestOptions) => this.events.after(cursor, { limit: 100 }, requestOptions),
            complete: (object) => this.#complete(object),
          },
          consumerOptions,
        ),
    };
  }

  /** Waits until a payment is paid, held for capture, or closed; the same as `paymentIntents.waitForPayment`. */
  waitForPayment(id: string, options?: WaitOptions): Promise<PaymentIntent> {
    return this.paymentIntents.waitForPayment(id, options);
  }

  /**
   * Sends again what the journal holds: writes of which nobody knows what became of them. Call it when your program starts. Each
   * goes out with the key that it had, so what was carried out is not carried out again.
   *
   * @throws TypeError without a journal
   */
  resume(options?: RequestOptions): Promise<Resumed[]> {
    return this.#transport.resume(options);
  }

  async #complete({ id, object }: TruncatedObject): Promise<unknown> {
    const folder = Object.hasOwn(FOLDERS, object) ? FOLDERS[object] : undefined;
    if (folder === undefined) return null;
    return this.#transport.send('GET', `/v1/${folder}/${encodeURIComponent(id)}`, undefined);
  }
}

export interface Webhooks {
  /**
   * Checks and reads a webhook, with the client's `webhookSecret`.
   *
   * @param rawBody the bytes as they came
   * @throws ItPayWebhookError when it is not ItPay's, is too old, or cannot be read
   */
  verify(rawBody: string | Uint8Array, headers: HeadersLike): Promise<AnyEvent>;
  /** A receiver that handles each event once. */
  consumer<Tx = undefined>(options: ConsumerOptions<Tx>): Consumer<Tx>;
}

const FOLDERS: Readonly<Record<string, string>> = {
  payment_intent: 'payment-intents',
  qr_charge: 'qr-charges',
  inflow: 'inflows',
  operation: 'operations',
  reconciliation: 'reconciliations',
  report: 'reports',
  void: 'voids',
  refund: 'refunds',
  api_key: 'api-keys',
  webhook_endpoint: 'webhook-endpoints',
};
