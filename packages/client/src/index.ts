export { ItPay, type Webhooks } from './itpay.js';
export type { ItPayOptions, Runtime } from './settings.js';
export {
  ItPayApiError,
  ItPayConnectionError,
  ItPayTimeoutError,
  ItPayWebhookError,
  type WebhookProblem,
} from './errors.js';
export { memoryJournal, type Journal, type JournalEntry } from './journal.js';
export { responseOf, type RequestOptions, type ResponseInfo, type Resumed, type WriteOptions } from './transport.js';
export { hasEnded, type WaitOptions } from './wait.js';
export type { List, Page } from './list.js';
export type { EventPage } from './resources.js';
export type { Api } from './api.js';
export type * from './api-types.js';
export { API_VERSION } from './generated/api.js';

export { verifyWebhook, type HeadersLike, type VerifyOptions } from './webhooks/verify.js';
export {
  Consumer,
  type CatchUpOptions,
  type Consumed,
  type ConsumerOptions,
  type HandlerContext,
  type Handlers,
  type Reply,
} from './webhooks/consumer.js';
export { memoryStore, type ConsumerStore, type HandledEvent } from './webhooks/store.js';
export {
  isTruncated,
  type AnyEvent,
  type EventObjects,
  type ObjectOf,
  type TruncatedObject,
  type WebhookEvent,
} from './webhooks/event.js';
