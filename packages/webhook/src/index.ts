export { webhook, type WebhookOptions } from './plugin.js';
export { newSecret, signPayload, verifySignature } from './signature.js';
export { decryptBody } from './encryption.js';
