import type { Api } from './api.js';
import type { BodyOf, PaymentIntent, QueryOf } from './api-types.js';
import type { List, Page } from './list.js';
import type { Settings } from './settings.js';
import type { RequestOptions, WriteOptions } from './transport.js';
import { waitForPayment, type WaitOptions } from './wait.js';
import type { AnyEvent } from './webhooks/event.js';

// The resources of the API under their names there. Each method is one route; its types say what it takes and answers.

export function paymentIntents(api: Api, settings: Settings) {
  const path = '/v1/payment-intents';
  return {
    /** Creates an intent and its QR code. With 202 (`responseOf`) the channel has not said whether the order exists: wait. */
    create(params: BodyOf<'POST', '/v1/payment-intents'>, options?: WriteOptions) {
      const { defaultChannel: channel } = settings;
      const chosen = params.channel !== undefined || params.allowed_channels !== undefined || channel === undefined;
      const body = chosen ? params : { ...params, channel };
      return api.request('POST', path, { body }, options);
    },
    /** @param query `expand: 'qr'` adds the text of the QR code */
    retrieve: (id: string, query: QueryOf<'GET', '/v1/payment-intents/{id}'> = {}, options?: RequestOptions) =>
      api.request('GET', `${path}/{id}`, { path: { id }, query }, options),
    list: (query: QueryOf<'GET', '/v1/payment-intents'> = {}, options?: RequestOptions) =>
      api.list(path, { query }, options),
    /** Takes money that is held. */
    capture: (id: string, params: BodyOf<'POST', '/v1/payment-intents/{id}/capture'> = {}, options?: WriteOptions) =>
      api.request('POST', `${path}/{id}/capture`, { path: { id }, body: params }, options),
    /** Ends a payment before money moves. */
    cancel: (id: string, params: BodyOf<'POST', '/v1/payment-intents/{id}/cancel'> = {}, options?: WriteOptions) =>
      api.request('POST', `${path}/{id}/cancel`, { path: { id }, body: params }, options),
    /** Shows a fresh QR code; the same as `qr.generate`. */
    refreshQr: (id: string, params: BodyOf<'POST', '/v1/payment-intents/{id}/qr'> = {}, options?: WriteOptions) =>
      api.request('POST', `${path}/{id}/qr`, { path: { id }, body: params }, options),
    /** What happened to it, step by step. */
    timeline: (id: string, options?: RequestOptions) =>
      api.request('GET', `${path}/{id}/timeline`, { path: { id } }, options),
    /**
     * Waits until it is paid, held for capture, or closed.
     *
     * @throws ItPayTimeoutError when it has not ended in time; it may still be paid
     */
    waitForPayment: (id: string, options: WaitOptions = {}): Promise<PaymentIntent> =>
      waitForPayment(api, settings, id, options),
  };
}

export function qr(api: Api) {
  return {
    /** Shows a fresh QR code of an intent. The one before can no longer be read; the order at the channel stays. */
    generate: (
      paymentIntentId: string,
      params: BodyOf<'POST', '/v1/payment-intents/{id}/qr'> = {},
      options?: WriteOptions,
    ) => api.request('POST', '/v1/payment-intents/{id}/qr', { path: { id: paymentIntentId }, body: params }, options),
    retrieve: (id: string, options?: RequestOptions) =>
      api.request('GET', '/v1/qr-charges/{id}', { path: { id } }, options),
    /** @returns the bytes of the image */
    image: (id: string, format: 'png' | 'svg' = 'png', options?: RequestOptions): Promise<Uint8Array> =>
      format === 'png'
        ? api.request('GET', '/v1/qr-charges/{id}/image.png', { path: { id } }, options)
        : api.request('GET', '/v1/qr-charges/{id}/image.svg', { path: { id } }, options),
  };
}

export function refunds(api: Api) {
  const path = '/v1/refunds';
  return {
    /** Gives money back. With 202 (`responseOf`) the channel has not said what it did: wait, do not refund again. */
    create: (params: BodyOf<'POST', '/v1/refunds'>, options?: WriteOptions) =>
      api.request('POST', path, { body: params }, options),
    retrieve: (id: string, options?: RequestOptions) => api.request('GET', `${path}/{id}`, { path: { id } }, options),
    list: (query: QueryOf<'GET', '/v1/refunds'> = {}, options?: RequestOptions) => api.list(path, { query }, options),
    cancel: (id: string, options?: WriteOptions) =>
      api.request('POST', `${path}/{id}/cancel`, { path: { id } }, options),
    approve: (id: string, options?: WriteOptions) =>
      api.request('POST', `${path}/{id}/approve`, { path: { id } }, options),
    reject: (id: string, options?: WriteOptions) =>
      api.request('POST', `${path}/{id}/reject`, { path: { id } }, options),
    /** Says that somebody sent the money back by hand. */
    complete: (id: string, params: BodyOf<'POST', '/v1/refunds/{id}/complete'>, options?: WriteOptions) =>
      api.request('POST', `${path}/{id}/complete`, { path: { id }, body: params }, options),
  };
}

export function voids(api: Api) {
  return {
    create: (params: BodyOf<'POST', '/v1/voids'>, options?: WriteOptions) =>
      api.request('POST', '/v1/voids', { body: params }, options),
    retrieve: (id: string, options?: RequestOptions) => api.request('GET', '/v1/voids/{id}', { path: { id } }, options),
  };
}

export function inflows(api: Api) {
  const path = '/v1/inflows';
  type Decision = BodyOf<'POST', '/v1/inflows/{id}/keep'>;
  return {
    /** Records money that somebody saw at the bank. */
    create: (params: BodyOf<'POST', '/v1/inflows'>, options?: WriteOptions) =>
      api.request('POST', path, { body: params }, options),
    retrieve: (id: string, options?: RequestOptions) => api.request('GET', `${path}/{id}`, { path: { id } }, options),
    list: (query: QueryOf<'GET', '/v1/inflows'> = {}, options?: RequestOptions) => api.list(path, { query }, options),
    apply: (id: string, params: BodyOf<'POST', '/v1/inflows/{id}/apply'>, options?: WriteOptions) =>
      api.request('POST', `${path}/{id}/apply`, { path: { id }, body: params }, options),
    refund: (id: string, params: Decision, options?: WriteOptions) =>
      api.request('POST', `${path}/{id}/refund`, { path: { id }, body: params }, options),
    keep: (id: string, params: Decision, options?: WriteOptions) =>
      api.request('POST', `${path}/{id}/keep`, { path: { id }, body: params }, options),
  };
}

export function statements(api: Api) {
  const path = '/v1/statements';
  return {
    /**
     * Imports a file of a bank or a rail. A file is not put into the journal: the same bytes are one statement, so bring it
     * again.
     */
    create: (file: Uint8Array | string, query: QueryOf<'POST', '/v1/statements'>, options?: WriteOptions) =>
      api.request('POST', path, { query, body: file }, options),
    retrieve: (id: string, options?: RequestOptions) => api.request('GET', `${path}/{id}`, { path: { id } }, options),
    list: (query: QueryOf<'GET', '/v1/statements'> = {}, options?: RequestOptions) =>
      api.list(path, { query }, options),
    rows: (id: string, query: QueryOf<'GET', '/v1/statements/{id}/rows'> = {}, options?: RequestOptions) =>
      api.list(`${path}/{id}/rows`, { path: { id }, query }, options),
  };
}

export function reconciliations(api: Api) {
  const path = '/v1/reconciliations';
  type Resolution = BodyOf<'POST', '/v1/reconciliations/{id}/exceptions/{exception}/resolve'>;
  return {
    create: (params: BodyOf<'POST', '/v1/reconciliations'>, options?: WriteOptions) =>
      api.request('POST', path, { body: params }, options),
    retrieve: (id: string, options?: RequestOptions) => api.request('GET', `${path}/{id}`, { path: { id } }, options),
    list: (query: QueryOf<'GET', '/v1/reconciliations'> = {}, options?: RequestOptions) =>
      api.list(path, { query }, options),
    exceptions: (
      id: string,
      query: QueryOf<'GET', '/v1/reconciliations/{id}/exceptions'> = {},
      options?: RequestOptions,
    ) => api.list(`${path}/{id}/exceptions`, { path: { id }, query }, options),
    resolveException: (id: string, exception: string, params: Resolution, options?: WriteOptions) =>
      api.request(
        'POST',
        `${path}/{id}/exceptions/{exception}/resolve`,
        { path: { id, exception }, body: params },
        options,
      ),
  };
}

export function reports(api: Api) {
  const path = '/v1/reports';
  return {
    create: (params: BodyOf<'POST', '/v1/reports'>, options?: WriteOptions) =>
      api.request('POST', path, { body: params }, options),
    retrieve: (id: string, options?: RequestOptions) => api.request('GET', `${path}/{id}`, { path: { id } }, options),
    list: (query: QueryOf<'GET', '/v1/reports'> = {}, options?: RequestOptions) => api.list(path, { query }, options),
    /** @returns the bytes of the report, CSV or JSON */
    file: (id: string, options?: RequestOptions) => api.request('GET', `${path}/{id}/file`, { path: { id } }, options),
  };
}

export function refundFiles(api: Api) {
  const path = '/v1/refund-files';
  return {
    create: (params: BodyOf<'POST', '/v1/refund-files'>, options?: WriteOptions) =>
      api.request('POST', path, { body: params }, options),
    retrieve: (id: string, options?: RequestOptions) => api.request('GET', `${path}/{id}`, { path: { id } }, options),
    list: (query: QueryOf<'GET', '/v1/refund-files'> = {}, options?: RequestOptions) =>
      api.list(path, { query }, options),
    /** Says that it was never sent to the bank. */
    cancel: (id: string, params: BodyOf<'POST', '/v1/refund-files/{id}/cancel'>, options?: WriteOptions) =>
      api.request('POST', `${path}/{id}/cancel`, { path: { id }, body: params }, options),
    /** @returns the bytes for the bank */
    file: (id: string, options?: RequestOptions) => api.request('GET', `${path}/{id}/file`, { path: { id } }, options),
  };
}

export function operations(api: Api) {
  const path = '/v1/operations';
  return {
    retrieve: (id: string, options?: RequestOptions) => api.request('GET', `${path}/{id}`, { path: { id } }, options),
    list: (query: QueryOf<'GET', '/v1/operations'> = {}, options?: RequestOptions) =>
      api.list(path, { query }, options),
    /** Asks the channel now. */
    query: (id: string, options?: WriteOptions) => api.request('POST', `${path}/{id}/query`, { path: { id } }, options),
    /** Says what the channel would not: an operator's decision, with evidence. */
    resolve: (id: string, params: BodyOf<'POST', '/v1/operations/{id}/resolve'>, options?: WriteOptions) =>
      api.request('POST', `${path}/{id}/resolve`, { path: { id }, body: params }, options),
  };
}

export function channels(api: Api) {
  return {
    list: (options?: RequestOptions) => api.list('/v1/channels', {}, options),
    health: (channel: string, options?: RequestOptions) =>
      api.request('GET', '/v1/channels/{channel}/health', { path: { channel } }, options),
  };
}

export function events(api: Api) {
  const path = '/v1/events';
  type Catching = Omit<QueryOf<'GET', '/v1/events'>, 'after' | keyof Cursors>;
  return {
    retrieve: (id: string, options?: RequestOptions) => api.request('GET', `${path}/{id}`, { path: { id } }, options),
    /** Newest first. To miss none, use `after`. */
    list: (query: Omit<QueryOf<'GET', '/v1/events'>, 'after'> = {}, options?: RequestOptions) =>
      api.list(path, { query }, options) as unknown as List<AnyEvent>,
    /**
     * Reads on from a place in the log, oldest first, to its present end. Keep `next_cursor` once you are done with a page.
     *
     * @param cursor `beginning`, `now`, or the `next_cursor` of a page before
     */
    async *after(cursor: string, query: Catching = {}, options?: RequestOptions): AsyncGenerator<EventPage, void> {
      for (let after = cursor; ;) {
        const page = await api.request('GET', path, { query: { ...query, after } }, options);
        // A place in the log is always there, also at its end.
        yield page as unknown as EventPage;
        if (!page.has_more) return;
        after = page.next_cursor!;
      }
    },
    /** Sends it again, to one endpoint or to all that subscribe to it. */
    replay: (id: string, params: BodyOf<'POST', '/v1/events/{id}/replay'> = {}, options?: WriteOptions) =>
      api.request('POST', `${path}/{id}/replay`, { path: { id }, body: params }, options),
  };
}

interface Cursors {
  readonly starting_after?: never;
  readonly ending_before?: never;
  readonly created_gte?: never;
  readonly created_lte?: never;
}

/** A page of the log of events. */
export interface EventPage extends Page<AnyEvent> {
  /** Where to read on. */
  readonly next_cursor: string;
}

export function webhookEndpoints(api: Api) {
  const path = '/v1/webhook-endpoints';
  return {
    /** The answer has `secret`, once. */
    create: (params: BodyOf<'POST', '/v1/webhook-endpoints'>, options?: WriteOptions) =>
      api.request('POST', path, { body: params }, options),
    retrieve: (id: string, options?: RequestOptions) => api.request('GET', `${path}/{id}`, { path: { id } }, options),
    list: (query: QueryOf<'GET', '/v1/webhook-endpoints'> = {}, options?: RequestOptions) =>
      api.list(path, { query }, options),
    update: (id: string, params: BodyOf<'PATCH', '/v1/webhook-endpoints/{id}'>, options?: WriteOptions) =>
      api.request('PATCH', `${path}/{id}`, { path: { id }, body: params }, options),
    delete: (id: string, options?: WriteOptions) => api.request('DELETE', `${path}/{id}`, { path: { id } }, options),
    /** The answer has the new `secret`, once. For a day both sign. */
    rotateSecret: (id: string, options?: WriteOptions) =>
      api.request('POST', `${path}/{id}/rotate-secret`, { path: { id } }, options),
    reactivate: (id: string, options?: WriteOptions) =>
      api.request('POST', `${path}/{id}/reactivate`, { path: { id } }, options),
    /** Sends a `webhook_endpoint.test` at once. */
    test: (id: string, options?: WriteOptions) => api.request('POST', `${path}/{id}/test`, { path: { id } }, options),
    /** Sends the events of a time again. */
    replay: (id: string, params: BodyOf<'POST', '/v1/webhook-endpoints/{id}/replay'>, options?: WriteOptions) =>
      api.request('POST', `${path}/{id}/replay`, { path: { id }, body: params }, options),
    /** What was sent, and how the receiver answered. */
    attempts: (
      id: string,
      query: QueryOf<'GET', '/v1/webhook-endpoints/{id}/attempts'> = {},
      options?: RequestOptions,
    ) => api.list('/v1/webhook-endpoints/{id}/attempts', { path: { id }, query }, options),
  };
}

export function apiKeys(api: Api) {
  const path = '/v1/api-keys';
  return {
    /** The answer has `secret`, once. A repeated one has null there. */
    create: (params: BodyOf<'POST', '/v1/api-keys'>, options?: WriteOptions) =>
      api.request('POST', path, { body: params }, options),
    retrieve: (id: string, options?: RequestOptions) => api.request('GET', `${path}/{id}`, { path: { id } }, options),
    list: (query: QueryOf<'GET', '/v1/api-keys'> = {}, options?: RequestOptions) => api.list(path, { query }, options),
    update: (id: string, params: BodyOf<'PATCH', '/v1/api-keys/{id}'>, options?: WriteOptions) =>
      api.request('PATCH', `${path}/{id}`, { path: { id }, body: params }, options),
    /** Revokes it for good. */
    delete: (id: string, options?: WriteOptions) => api.request('DELETE', `${path}/{id}`, { path: { id } }, options),
    /** The answer has the new `secret`, once. */
    rotate: (id: string, params: BodyOf<'POST', '/v1/api-keys/{id}/rotate'> = {}, options?: WriteOptions) =>
      api.request('POST', `${path}/{id}/rotate`, { path: { id }, body: params }, options),
  };
}

export function auditLog(api: Api) {
  return {
    list: (query: QueryOf<'GET', '/v1/audit-log'> = {}, options?: RequestOptions) =>
      api.list('/v1/audit-log', { query }, options),
  };
}

export function testHelpers(api: Api) {
  return {
    /** Lets the payer of test mode act: `client.testHelpers.simulate(id, { event: 'paid' })`. */
    simulate: (
      paymentIntentId: string,
      params: BodyOf<'POST', '/v1/test-helpers/payment-intents/{id}/simulate'>,
      options?: WriteOptions,
    ) =>
      api.request(
        'POST',
        '/v1/test-helpers/payment-intents/{id}/simulate',
        { path: { id: paymentIntentId }, body: params },
        options,
      ),
  };
}
