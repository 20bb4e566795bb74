export { webhook, type WebhookOptions } from './plugin.js';
export type { Sender, SendFailure, SendRequest, SendResult } from './send.js';
export { newSecret, signPayload, verifySignature } from './signature.js';
export { decryptBody } from './encryption.js';
