export { createItPay, type InProcess, type InProcessIdentity, type ItPay } from './create-itpay.js';
export type { InProcessAnswer, InProcessRequest } from '@itpay/gateway';
export type { S3Options } from '@itpay/data';
export type { ItPayOptions } from './options.js';
export type {
  CreateIntentInput,
  CreateIntentOptions,
  HostIntent,
  ListIntentsInput,
  Payments,
  Refund,
  RefundIntentOptions,
} from './payments.js';
export { optionsFromEnvironment, type Environment } from './environment.js';
export { listen, stopOnSignal } from './server.js';
export { isItPayError, ItPayError, type EventEnvelope, type Money } from '@itpay/core';
export type { EventHandler } from '@itpay/kernel';
